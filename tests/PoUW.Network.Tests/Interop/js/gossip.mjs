// Subscriptions of the peer: what came, how often, and who is in the mesh.
import { createHash } from 'node:crypto'
import { gossipsub } from '@libp2p/gossipsub'
import { Waiters } from './waiters.mjs'

const sha256 = bytes => createHash('sha256').update(bytes).digest()

// Ids of messages without author and number: hash of the data, or of topic and data as the option says.
const idOfUnsigned = {
  data: message => sha256(message.data),
  'topic-data': message => sha256(Buffer.concat([Buffer.from([message.topic.length]), Buffer.from(message.topic), message.data]))
}

export function gossipService (options) {
  return gossipsub({
    globalSignaturePolicy: options.policy ?? 'StrictSign',
    allowPublishToZeroTopicPeers: true,
    emitSelf: false,
    fallbackToFloodsub: false,
    ...(options.policy === 'StrictNoSign' ? { msgIdFn: idOfUnsigned[options.messageId ?? 'data'] } : {}),
    ...(options.maxMessageBytes ? { maxInboundDataLength: options.maxMessageBytes } : {}),
    // All peers of a test share one address, which the score would count against them.
    scoreParams: { IPColocationFactorThreshold: 1000 }
  })
}

export class Gossip {
  #pubsub
  #received = new Map()
  #waiters = new Waiters()

  constructor (pubsub) {
    this.#pubsub = pubsub
    pubsub.addEventListener('message', event => this.#count(event.detail))
    for (const change of ['gossipsub:graft', 'gossipsub:prune', 'subscription-change']) {
      pubsub.addEventListener(change, () => this.#waiters.changed())
    }
  }

  subscribe ({ topic }) {
    this.#received.set(topic, new Map())
    this.#pubsub.subscribe(topic)
    return {}
  }

  unsubscribe ({ topic }) {
    this.#pubsub.unsubscribe(topic)
    return {}
  }

  async publish ({ topic, texts, padding = 0 }) {
    let recipients = 0
    for (const text of texts) {
      const result = await this.#pubsub.publish(topic, Buffer.from(text + ' '.repeat(padding)))
      recipients += result.recipients.length
    }
    return { recipients }
  }

  // Waits for that many different messages; answers with all, those that came more than once apart.
  async received ({ topic, count }) {
    const messages = this.#received.get(topic)
    await this.#waiters.until(() => messages.size >= count)
    const duplicates = [...messages].filter(([, times]) => times > 1).map(([text]) => text)
    return { texts: [...messages.keys()], duplicates }
  }

  async mesh ({ topic, count }) {
    await this.#waiters.until(() => this.#pubsub.getMeshPeers(topic).length >= count)
    return { peers: this.#pubsub.getMeshPeers(topic) }
  }

  async subscribers ({ topic, count }) {
    await this.#waiters.until(() => this.#pubsub.getSubscribers(topic).length >= count)
    return { peers: this.#pubsub.getSubscribers(topic).map(String) }
  }

  score ({ peer }) {
    return { score: this.#pubsub.score.score(peer) }
  }

  #count (message) {
    const messages = this.#received.get(message.topic)
    const text = Buffer.from(message.data).toString().trimEnd()
    messages?.set(text, (messages.get(text) ?? 0) + 1)
    this.#waiters.changed()
  }
}
