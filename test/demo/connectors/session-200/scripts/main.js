function after_action() {
  if (method_response != null && method_response.error_code != null && typeof method_response.error_code !== 'undefined' && method_response.error_code === 'You are not logged on.') {
    throw new AuthSessionException();
  }
  return true;
}
