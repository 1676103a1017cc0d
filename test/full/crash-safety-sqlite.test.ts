import { join } from 'node:path'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { losesNothing } from './crash-safety.ts'

losesNothing('SQLite', async () => join(temporaryFolder(), 'store.db'))
