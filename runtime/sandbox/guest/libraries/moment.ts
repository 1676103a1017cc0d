import moment from 'moment'
import { defineGlobal } from '../functions/define.ts'
import type { LibraryKit } from '../functions/require.ts'

declare const require: (name: 'moment-timezone') => unknown

/**
 * `moment`, with time zones. The zones cost ten times what the rest costs, so they are unpacked when
 * a script first asks for one: until then nothing in moment knows of them.
 */
export function install({ provide }: LibraryKit): void {
  unpackZonesLater()
  defineGlobal('moment', moment)
  provide('moment', moment)
  provide('moment-timezone', moment)
}

/** `moment.tz` and `moment().tz` are where scripts enter; the package then defines them itself. */
function unpackZonesLater(): void {
  const entrances = [moment, moment.fn] as readonly object[] as readonly { tz?: unknown }[]
  for (const entrance of entrances) {
    Object.defineProperty(entrance, 'tz', {
      get() {
        for (const each of entrances) delete each.tz
        require('moment-timezone')
        return entrance.tz
      },
      enumerable: true,
      configurable: true,
    })
  }
}
