function after_error() {
  if (method_error != null && method_error.error != null && method_error.statusCode.toString() === '403') {
    throw new AuthRefreshException();
  }
  return true;
}
