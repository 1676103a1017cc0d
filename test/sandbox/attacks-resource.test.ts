/** The corpus's attacks on time and memory: what ends them, and that it costs nobody else. */
import { testAttacks } from './attacks/suite.ts'

testAttacks(['resource'], 250)
