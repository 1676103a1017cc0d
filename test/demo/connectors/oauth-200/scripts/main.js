function after_action() {
  if (method_response != null && method_response.error != null && typeof method_response.error !== 'undefined' && method_response.error === 'invalid_grant') {
    throw new AuthRefreshException();
  }
  return true;
}
