function after_error() {
  if (method_error != null && method_error.statusCode != null && method_error.statusCode.toString() === '403') {
    throw new AuthSessionException();
  }
  return true;
}
