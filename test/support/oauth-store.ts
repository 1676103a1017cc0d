type Payload = Record<string, unknown>

/** Keeps what oidc-provider stores, in memory: the adapter it asks for, and ways to make tokens die. */
export class OAuthStore {
  readonly #entries = new Map<string, Payload>()

  /** For oidc-provider's `adapter` setting. */
  readonly adapterFor = (model: string) => ({
    upsert: async (id: string, payload: Payload) => {
      this.#entries.set(`${model}:${id}`, payload)
    },
    find: async (id: string) => this.#entries.get(`${model}:${id}`),
    findByUid: async (uid: string) => this.#findBy(model, 'uid', uid),
    findByUserCode: async (code: string) => this.#findBy(model, 'userCode', code),
    consume: async (id: string) => {
      const payload = this.#entries.get(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id: string) => {
      this.#entries.delete(`${model}:${id}`)
    },
    revokeByGrantId: async (grantId: string) => {
      this.#forget((_key, payload) => payload.grantId === grantId)
    },
  })

  /** Forgets all entries of one model: `AccessToken`, `RefreshToken`, … */
  forgetAll(model: string): void {
    this.#forget((key) => key.startsWith(`${model}:`))
  }

  #findBy(model: string, field: string, value: string): Payload | undefined {
    for (const [key, payload] of this.#entries) {
      if (key.startsWith(`${model}:`) && payload[field] === value) return payload
    }
    return undefined
  }

  #forget(condemned: (key: string, payload: Payload) => boolean): void {
    for (const [key, payload] of this.#entries) {
      if (condemned(key, payload)) this.#entries.delete(key)
    }
  }
}
