// A js-libp2p node that is driven by JSON lines: the options are the first argument; commands come in as {"id", "do", ...}, answers go out as
// {"id", "ok", ...} or {"id", "error"}; the first line out is {"event": "ready"}. It ends when its input does.
import { createInterface } from 'node:readline'
import { generateKeyPair, privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import * as bulk from './bulk.mjs'
import { Gossip, gossipService } from './gossip.mjs'
import { Waiters } from './waiters.mjs'

const RESET_PROTOCOL = '/pouw/interop/reset/1.0.0'
const ECHO_PROTOCOL = '/pouw/interop/echo/1.0.0'

const options = JSON.parse(process.argv[2] ?? '{}')
const say = line => process.stdout.write(JSON.stringify(line) + '\n')

// Connections from one host come faster in a test than js allows by itself: five a second and ten at once.
const raisedLimits = { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 }

const node = await createLibp2p({
  privateKey: options.privateKey ? privateKeyFromProtobuf(Buffer.from(options.privateKey, 'base64')) : await generateKeyPair(options.keyType ?? 'Ed25519'),
  addresses: { listen: [options.listen ?? '/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [tls()],
  streamMuxers: [yamux()],
  connectionManager: options.raiseLimits === false ? {} : raisedLimits,
  nodeInfo: { name: 'pouw-interop-js', version: '1.0.0' },
  services: {
    identify: identify(),
    identifyPush: identifyPush({ debounce: 10 }),
    ping: ping({ maxInboundStreams: 100, maxOutboundStreams: 100 }),
    ...(options.gossip === false ? {} : { pubsub: gossipService(options) })
  }
})

const gossip = node.services.pubsub ? new Gossip(node.services.pubsub) : null
const waiters = new Waiters()
const identified = new Map()
const ended = new Set()

node.addEventListener('peer:identify', event => {
  identified.set(event.detail.peerId.toString(), event.detail)
  waiters.changed()
})
node.addEventListener('peer:update', () => waiters.changed())
node.addEventListener('peer:connect', () => waiters.changed())
node.addEventListener('peer:disconnect', event => {
  ended.add(event.detail.toString())
  waiters.changed()
})

await node.handle(bulk.PROTOCOL, bulk.serve)
await node.handle(ECHO_PROTOCOL, async stream => {
  for await (const chunk of stream) {
    if (!stream.send(chunk)) {
      await stream.onDrain()
    }
  }
  await stream.close()
})
await node.handle(RESET_PROTOCOL, async stream => {
  for await (const chunk of stream) {
    stream.abort(new Error(`the test wants a reset after ${chunk.byteLength} bytes`))
    break
  }
})

const isConnected = peer => node.getPeers().some(other => other.toString() === peer)

const commands = {
  async dial ({ address }) {
    const connection = await node.dial(multiaddr(address))
    return { peer: connection.remotePeer.toString(), muxer: connection.multiplexer, encryption: connection.encryption }
  },
  async hangUp ({ peer }) {
    await node.hangUp(peerIdFromString(peer))
    return {}
  },
  async connected ({ peer }) {
    await waiters.until(() => isConnected(peer))
    return {}
  },
  async disconnected ({ peer }) {
    await waiters.until(() => ended.has(peer) && !isConnected(peer))
    return {}
  },
  async ping ({ peer, count = 1 }) {
    let milliseconds = 0
    for (let i = 0; i < count; i++) {
      milliseconds += await node.services.ping.ping(peerIdFromString(peer))
    }
    return { milliseconds }
  },
  async identified ({ peer }) {
    await waiters.until(() => identified.has(peer))
    const { agentVersion, protocolVersion, protocols, listenAddrs, observedAddr, signedPeerRecord } = identified.get(peer)
    return {
      agent: agentVersion,
      version: protocolVersion,
      protocols,
      addresses: listenAddrs.map(String),
      observed: observedAddr?.toString(),
      record: signedPeerRecord ? { sequence: Number(signedPeerRecord.seq), addresses: signedPeerRecord.addresses.map(String) } : null
    }
  },
  // Waits until the peer is known to speak a protocol, or (gone) not to.
  async speaks ({ peer, protocol, gone = false }) {
    for (;;) {
      const change = new Promise(resolve => node.addEventListener('peer:update', resolve, { once: true }))
      const known = await node.peerStore.get(peerIdFromString(peer)).catch(() => null)
      if (known !== null && known.protocols.includes(protocol) !== gone) {
        return { protocols: known.protocols, certified: known.addresses.filter(a => a.isCertified).map(a => a.multiaddr.toString()) }
      }
      await change
    }
  },
  async handle ({ protocol }) {
    await node.handle(protocol, stream => stream.close())
    return {}
  },
  async unhandle ({ protocol }) {
    await node.unhandle(protocol)
    return {}
  },
  async open ({ peer, protocol }) {
    const stream = await node.dialProtocol(peerIdFromString(peer), protocol)
    stream.abort(new Error('the test only wanted to open it'))
    return {}
  },
  async echo ({ peer, text }) {
    const stream = await node.dialProtocol(peerIdFromString(peer), ECHO_PROTOCOL)
    stream.send(Buffer.from(text))
    await stream.close()
    const parts = []
    for await (const chunk of stream) {
      parts.push(Buffer.from(chunk.subarray()))
    }
    return { text: Buffer.concat(parts).toString() }
  },
  async bulkSend ({ peer, length }) {
    return bulk.sendTo(await node.dialProtocol(peerIdFromString(peer), bulk.PROTOCOL), length)
  },
  async bulkReceive ({ peer, length }) {
    return bulk.receiveFrom(await node.dialProtocol(peerIdFromString(peer), bulk.PROTOCOL), length)
  },
  patternHash: ({ length }) => ({ hash: bulk.patternHash(length) }),
  streams: () => ({ open: node.getConnections().map(c => c.streams.length).reduce((a, b) => a + b, 0) }),
  subscribe: command => gossip.subscribe(command),
  unsubscribe: command => gossip.unsubscribe(command),
  publish: command => gossip.publish(command),
  received: command => gossip.received(command),
  mesh: command => gossip.mesh(command),
  subscribers: command => gossip.subscribers(command),
  score: command => gossip.score(command)
}

async function answer (line) {
  const command = JSON.parse(line)
  try {
    say({ id: command.id, ok: true, ...await commands[command.do](command) })
  } catch (error) {
    say({ id: command.id, error: `${error.name}: ${error.message}` })
  }
}

say({ event: 'ready', peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) })
createInterface({ input: process.stdin })
  .on('line', line => { answer(line) })
  .on('close', () => { node.stop().then(() => process.exit(0)) })
