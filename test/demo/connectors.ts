import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The origins that stand in the demo's connectors as `$VENDOR`, `$OAUTH` and `$SESSIONS`. */
export type Origins = { readonly VENDOR: string; readonly OAUTH: string; readonly SESSIONS: string }

/** Copies the demo's connectors into a folder and fills in where the servers listen. */
export function writeConnectors(folder: string, origins: Origins): void {
  cpSync(fileURLToPath(new URL('connectors', import.meta.url)), folder, { recursive: true })
  for (const file of globSync(`${folder}/*/connector.yaml`)) {
    const text = Object.entries(origins).reduce(
      (whole, [name, origin]) => whole.replaceAll(`$${name}`, origin),
      readFileSync(file, 'utf8'),
    )
    writeFileSync(file, text)
  }
}
