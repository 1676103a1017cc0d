/** The part of oidc-provider that the test servers use; the package brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly AccessToken: TokenClass
    readonly RefreshToken: TokenClass
    readonly ClientCredentials: TokenClass
    readonly DeviceCode: DeviceCodeClass
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly Grant: GrantClass
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): this
    on(event: string, listener: (context: Context, detail: unknown) => void): this
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Readonly<Record<string, unknown>>,
    ): Promise<void>
  }

  export type Context = {
    readonly path: string
    readonly method: string
    status: number
    body: unknown
    readonly oidc?: { readonly params?: Readonly<Record<string, unknown>> }
  }

  export type Client = { readonly clientId: string }
  export type Interaction = { readonly params: Readonly<Record<string, unknown>> }

  export type Token = {
    readonly jti: string
    readonly grantId?: string
    readonly isExpired: boolean
    save(): Promise<string>
    destroy(): Promise<void>
  }

  export type TokenClass = {
    new (properties: Readonly<Record<string, unknown>>): Token
    find(value: string): Promise<Token | undefined>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export type DeviceCode = Token & {
    readonly params: Readonly<Record<string, unknown>>
    readonly clientId: string
  }

  export type DeviceCodeClass = TokenClass & {
    findByUserCode(userCode: string): Promise<(DeviceCode & Record<string, unknown>) | undefined>
  }

  export type GrantClass = {
    new (properties: { clientId: string; accountId: string }): Grant
    find(id: string): Promise<Grant | undefined>
  }

  export type Grant = {
    addOIDCScope(scope: string): void
    save(): Promise<string>
    destroy(): Promise<void>
  }
}
