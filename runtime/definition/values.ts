type Scalar = string | number | boolean

/** A mapping to texts, as headers and queries are; numbers and booleans become texts. */
export function textsOf(
  input: Readonly<Record<string, Scalar>> | undefined,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(input ?? {})) texts[name] = String(value)
  return texts
}
