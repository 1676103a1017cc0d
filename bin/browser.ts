import { spawn } from 'node:child_process'

/**
 * Asks the system to show an address in its browser, without a shell. Nothing is said where it
 * cannot: the address has been printed as well.
 */
export function openInBrowser(url: string, platform: NodeJS.Platform = process.platform): void {
  const [program, ...words] = openerOf(platform)
  const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

/** `start` of Windows is its shell's; this is what it calls for an address. */
function openerOf(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return ['xdg-open']
}
