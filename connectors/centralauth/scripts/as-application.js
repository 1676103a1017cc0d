// The header says which application asks; the session that it asks about is the body.
function before_action() {
  var client = script_parameters.ClientId + ':' + script_parameters.ClientSecret
  method_request_headers.Authorization = 'Basic ' + btoa(client)
  method_request = method_auth_value
  return true
}
