// The session is in a cookie; post_install reads it from `method_response`.
function after_action() {
  var cookie = /_session_id=[^;]+/.exec(method_response_headers['set-cookie'])
  if (cookie === null) {
    throw new Error('Deluge accepted the password and sent no session')
  }
  method_response = { cookie: cookie[0] }
  return true
}
