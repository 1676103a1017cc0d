export function currentTrace(): string | null {
  return null
}
