import { expect, test } from 'vitest'
import { buildLibrary, libraryNames, openLibraries } from '../../runtime/bundle/libraries.ts'
import { trimZones } from '../../runtime/bundle/time-zones.ts'

test.each(libraryNames)(
  'buildLibrary() makes one expression of %s, for any realm',
  async (name) => {
    const { text, packages } = await buildLibrary(name)
    expect(new Function(`return typeof ${text}`)()).toBe('function')
    expect(packages.length).toBeGreaterThan(0)
    expect(text.length).toBeLessThan(300 * 1024)
  },
)

test('buildLibrary() tells of every package whose licence has to be passed on', async () => {
  const { packages } = await buildLibrary('moment')
  expect(packages).toEqual(['node_modules/moment', 'node_modules/moment-timezone'])
})

test('openLibraries() makes a text once, however many ask', async () => {
  const library = openLibraries()
  expect(library('xml')).toBe(library('xml'))
  expect(await library('xml')).toContain('cyclr_xml_serialize')
})

test('trimZones() drops the changes after 2049, and a period with each', () => {
  const table = {
    version: 'v',
    zones: [
      'UTC|UTC|0|0||',
      'A/Long|X Y|0 -10|010101|-1 2s 1 1 XXXXX|7',
      'A/Short|X Y|0 -10|01|5|7',
    ],
    links: ['UTC|Zulu'],
  }
  expect(JSON.parse(trimZones(JSON.stringify(table)))).toEqual({
    ...table,
    zones: [table.zones[0], 'A/Long|X Y|0 -10|01010|-1 2s 1 1|7', table.zones[2]],
  })
})
