import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { DefinitionError, Findings, type Path } from '../definition/faults.ts'
import { readYaml } from '../definition/yaml.ts'
import { isName } from '../model/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Caller, Guard } from './guard.ts'

/** A token as it is kept: its SHA-256, and whom it lets in. */
export type TokenEntry = Caller & { readonly sha256: Buffer }

/**
 * Lets in the tokens of a file, YAML or JSON, which holds only their hashes:
 *
 *     tokens:
 *       - sha256: 9f86d081…    # printf %s "$TOKEN" | sha256sum
 *         tenant: acme
 *         groups: [flowteam]   # all, if left out
 *         read_only: true
 *         operator: true
 *
 * The file is read again when it was changed, so that a token can be taken back. Throws
 * `DefinitionError` or `UsageError` where it cannot be read; later, such a file lets nobody in.
 */
export function tokensFromFile(path: string): Guard {
  let kept = readFile(path)
  return async (token) => {
    if (stampOf(path) !== kept.stamp) kept = readFile(path)
    return callerOf(kept.entries, token.reveal())
  }
}

/** Lets in tokens that are known already. */
export function tokensFrom(entries: readonly TokenEntry[]): Guard {
  return async (token) => callerOf(entries, token.reveal())
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Compares with every entry, and each in constant time: how long it takes tells nothing. */
function callerOf(entries: readonly TokenEntry[], token: string): Caller | null {
  const hash = sha256(token)
  let caller: Caller | null = null
  for (const entry of entries) {
    if (timingSafeEqual(entry.sha256, hash)) caller = entry
  }
  return caller
}

type Kept = { readonly stamp: string; readonly entries: readonly TokenEntry[] }

function readFile(path: string): Kept {
  const stamp = stampOf(path)
  return { stamp, entries: parseTokens(readFileSync(path, 'utf8')) }
}

function stampOf(path: string): string {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (status) return `${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`
  throw new UsageError('entityMissing', 'There is no file of tokens', {
    cure: 'Name a file with the hashes of the tokens that may call this server.',
  })
}

/** Throws `DefinitionError` with every fault; none of them repeats what stands in the file. */
export function parseTokens(text: string): readonly TokenEntry[] {
  const document = readYaml(text, 'tokens')
  const findings = new Findings('tokens', document.positionOf)
  const root = document.value as Json
  const list = isJsonObject(root) ? root.tokens : null
  const entries = Array.isArray(list)
    ? list.map((entry: Json, index) => readEntry(entry, ['tokens', index], findings))
    : []
  if (!Array.isArray(list)) findings.fault([], 'expected a mapping with a list of tokens')
  if (findings.faults.length > 0) throw new DefinitionError(findings.faults)
  return entries
}

const keys = ['sha256', 'tenant', 'groups', 'read_only', 'operator', 'name']

function readEntry(value: Json, path: Path, findings: Findings): TokenEntry {
  const entry: JsonObject = isJsonObject(value) ? value : {}
  for (const key of Object.keys(entry)) {
    if (!keys.includes(key)) findings.fault([...path, key], `known here: ${keys.join(', ')}`)
  }
  const hash = entry.sha256
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)) {
    findings.fault([...path, 'sha256'], 'expected the SHA-256 of a token, 64 hexadecimal digits')
  }
  const { tenant } = entry
  if (typeof tenant !== 'string' || !isName(tenant)) {
    findings.fault([...path, 'tenant'], 'expected the name of a tenant')
  }
  return {
    sha256: typeof hash === 'string' ? Buffer.from(hash, 'hex') : Buffer.alloc(0),
    tenant: String(tenant),
    groups: readGroups(entry.groups, [...path, 'groups'], findings),
    readOnly: readFlag(entry.read_only, [...path, 'read_only'], findings),
    operator: readFlag(entry.operator, [...path, 'operator'], findings),
  }
}

function readGroups(
  value: Json | undefined,
  path: Path,
  findings: Findings,
): ReadonlySet<string> | null {
  if (value === undefined) return null
  if (Array.isArray(value) && value.every((name: Json) => typeof name === 'string')) {
    return new Set(value as readonly string[])
  }
  findings.fault(path, 'expected a list of groups')
  return new Set()
}

function readFlag(value: Json | undefined, path: Path, findings: Findings): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  findings.fault(path, 'expected true or false')
  return false
}
