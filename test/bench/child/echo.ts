/** The least that a process at the other end of two pipes can do: it sends back what it is sent. */
import { openChannel } from '../../../runtime/sandbox/child/channel.ts'

const channel = openChannel()
for (;;) {
  const { texts } = channel.receive()
  channel.send({ kind: 'result', isIdle: true }, texts)
}
