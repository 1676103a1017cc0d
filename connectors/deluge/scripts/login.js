// Deluge says `result: false` to a wrong password, with status 200, and puts the session into a cookie.
function after_action() {
  if (method_response.result !== true) {
    throw new Error('Deluge did not accept the password')
  }
  var cookie = /_session_id=[^;]+/.exec(method_response_headers['set-cookie'])
  if (cookie === null) {
    throw new Error('Deluge accepted the password and sent no session')
  }
  method_response = { cookie: cookie[0] }
  return true
}
