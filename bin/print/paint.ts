import { styleText } from 'node:util'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a text where its stream is a terminal that wants them (`NO_COLOR`, `FORCE_COLOR`). */
export type Paint = (colour: Colour, text: string) => string

export const paintOut: Paint = (colour, text) => styleText(colour, text, { stream: process.stdout })

export const paintErr: Paint = (colour, text) => styleText(colour, text, { stream: process.stderr })
