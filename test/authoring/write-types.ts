/** Writes the published declarations anew: `node test/authoring/write-types.ts`. */
import { writeFileSync } from 'node:fs'
import { scriptDeclarations } from '../../runtime/authoring/declarations.ts'

writeFileSync(new URL('../../connectors/hookline.d.ts', import.meta.url), scriptDeclarations())
