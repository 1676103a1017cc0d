declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Whose connection, storage and calls these are. Two tenants never meet. */
export type Tenant = Branded<'Tenant'>
export type ConnectorName = Branded<'ConnectorName'>
export type MethodName = Branded<'MethodName'>
/** Names one connection of one tenant; unique within the tenant. */
export type ConnectionId = Branded<'ConnectionId'>
export type CallId = Branded<'CallId'>

const plain = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/

/** True for a text that may name a tenant, connector, method or connection: 1 to 128 characters. */
export function isName(text: string): boolean {
  return plain.test(text)
}

export const asTenant = (text: string): Tenant => text as Tenant
export const asConnectorName = (text: string): ConnectorName => text as ConnectorName
export const asMethodName = (text: string): MethodName => text as MethodName
export const asConnectionId = (text: string): ConnectionId => text as ConnectionId
export const asCallId = (text: string): CallId => text as CallId
