import { join } from 'node:path'
import { survivesCrashes } from './crashes.ts'
import { temporaryFolder } from './temporary-folder.ts'

survivesCrashes('SQLite', async () => join(temporaryFolder(), 'store.db'))
