/** What an operator has allowed on top of the usual; each is a sentence for a person. */
export type Allowances = {
  readonly jit: boolean
  readonly allowPrivate: readonly string[]
  /** Names of the connectors with `reveal_secrets`. */
  readonly revealing: readonly string[]
}

/** Names everything that a declaration or an option has made weaker; empty where nothing has. */
export function weakenedBy({ jit, allowPrivate, revealing }: Allowances): readonly string[] {
  return [
    ...(jit
      ? [
          'scripts are compiled to machine code (the JIT): faster, a larger target, and the system ' +
            'cannot bound the memory of a sandbox process',
        ]
      : []),
    ...(allowPrivate.length > 0
      ? [`connectors may reach networks that are not public: ${allowPrivate.join(', ')}`]
      : []),
    ...revealing.map(
      (name) => `the scripts of ${name} see secrets as they are (\`reveal_secrets\`)`,
    ),
  ]
}
