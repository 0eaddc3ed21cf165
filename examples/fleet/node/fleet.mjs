// The service of ../fleet.go once more, for Node, with its standard library only: node examples/fleet/node/fleet.mjs
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const env = process.env
const account = env.TSIM_ACCOUNT
const patience = milliseconds(env.FLEET_PATIENCE ?? '10m') // how long callbacks may take before the service asks
const password = randomBytes(16).toString('hex') // of callbacks: only ThingSpace knows it
const tries = 8
const mostDevices = 10_000 // that ThingSpace takes in one call

// The states of a line before and after an operation, in the words of ThingSpace's list.
const operations = {
  '/fleet/suspend': { name: 'profile_suspend', from: 'active', to: 'suspend' },
  '/fleet/resume': { name: 'profile_resume', from: 'suspend', to: 'active' },
}

function milliseconds(text) {
  const [, n, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? []
  if (!n) throw new Error(`FLEET_PATIENCE is how long callbacks may take, such as 10m, not ${text}`)
  return n * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit]
}

// ---- Calls of ThingSpace

class Lost extends Error { message = 'ThingSpace has not said whether it has done this' }
class Refused extends Error {
  constructor(status, text) {
    super(`refused with ${status}: ${text.trim()}`)
    this.status = status
  }
}

// send makes a call until there is a clear answer, with pauses that grow. One that is not repeatable is made again only
// if ThingSpace has surely not done it.
async function send(path, options, repeatable) {
  for (let n = 1, pause = 200; ; n++, pause *= 2) {
    let status = 0, retryAfter = 0, text, notSent = false
    try {
      const reply = await fetch(env.TSIM_URL + path, { ...options, signal: AbortSignal.timeout(30_000) })
      status = reply.status
      retryAfter = 1000 * (Number(reply.headers.get('Retry-After')) || 0)
      text = await reply.text()
    } catch (error) { // the connection ended, maybe in the middle of the reply
      notSent = error.cause?.code === 'ECONNREFUSED'
    }
    const notNow = status === 429 || status === 503
    if (!notNow && text !== undefined) {
      if (status >= 400 && status < 500) throw new Refused(status, text)
      try {
        if (status < 300) return JSON.parse(text)
      } catch { /* a page in HTML, say */ }
    }
    if ((!repeatable && !notNow && !notSent) || n === tries) throw new Lost()
    await sleep(Math.max(retryAfter, pause))
  }
}

// login is a promise of headers with a bearer and a session: who needs them while somebody logs in waits for the same ones.
let login

async function logIn() {
  const { access_token: bearer } = await send('/api/ts/v1/oauth2/token', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: 'Basic ' + Buffer.from(`${env.TSIM_APP_KEY}:${env.TSIM_APP_SECRET}`).toString('base64'),
    },
    body: 'grant_type=client_credentials',
  }, true)
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}` }
  const body = JSON.stringify({ username: env.TSIM_USERNAME, password: env.TSIM_PASSWORD })
  const { sessionToken } = await send('/api/m2m/v1/session/login', { method: 'POST', headers, body }, true)
  return { ...headers, 'VZ-M2M-Token': sessionToken }
}

// call makes a call with bearer and session, with new ones when they are over. The answer says that, and no clock of
// ours: tokens can end before their time.
async function call(method, path, body, repeatable = true) {
  for (let n = 1; ; n++) {
    const mine = (login ??= logIn())
    try {
      return await send(path, { method, headers: await mine, body: body && JSON.stringify(body) }, repeatable)
    } catch (error) {
      const expired = error instanceof Refused && (error.status === 401 || error.message.includes('SessionToken'))
      if (login === mine && (expired || !(await mine.catch(() => null)))) login = undefined
      if (!expired || n === tries) throw error
    }
  }
}

// list is the ICCIDs of the Global profiles in a state.
async function list(state) {
  const iccids = [], ask = { accountName: account, currentState: state, servicePlan: 'Global Plan' }
  for (;;) {
    const page = await call('POST', '/api/m2m/v1/devices/actions/list', ask)
    for (const device of page.devices) {
      iccids.push(iccidOf(device))
      ask.largestDeviceIdSeen = Number(device.extendedAttributes.find(a => a.key === 'DeviceId').value)
    }
    if (!page.hasMoreData) return iccids
  }
}

const iccidOf = device => device.deviceIds?.find(id => id.kind.toLowerCase() === 'iccid')?.id // spelt in several ways

// ---- Jobs, in memory to keep the example short

const jobs = new Map()
const requests = new Map() // the job of each requestId
let asking // the call of which the requestId is not known yet: one is made at a time, so that their order is kept
let strangers = [] // callbacks with a requestId that nobody knows yet, while a call is made
let registered = false

class Job {
  state = 'running'
  devices = 0
  done = 0
  failed = 0
  failures = {} // why, by ICCID
  result = new Map() // done or failed, by ICCID

  constructor(operation) {
    this.id = String(jobs.size + 1)
    this.operation = operation
    jobs.set(this.id, this)
  }

  // tell says what became of a device; only what is told first counts, because callbacks come twice.
  tell(iccid, result, why) {
    if (why && (this.failures[iccid] ?? noReason) === noReason) this.failures[iccid] = why
    if (this.result.has(iccid)) return
    this.result.set(iccid, result)
    this[result]++
    this.finish()
  }

  // hear takes a callback. A warning is no end: the device could not be reached yet.
  hear(callback) {
    if (callback.status === 'SUCCESS') this.tell(iccidOf(callback), 'done')
    if (callback.status === 'Failed') this.tell(iccidOf(callback), 'failed', callback.faultResponse.faultstring)
  }

  finish() {
    if (this.done + this.failed === this.devices) this.state = 'finished'
  }
}

const noReason = 'ThingSpace does not say why'

// run does a job, in as few calls as ThingSpace allows.
async function run(job, iccids) {
  try {
    iccids ??= await list(job.operation.from)
  } catch (error) {
    job.error = error.message
    iccids = []
  }
  iccids = [...new Set(iccids)]
  job.devices = iccids.length
  job.finish()
  for (let i = 0; i < iccids.length; i += mostDevices) {
    const batch = { job, iccids: new Set(iccids.slice(i, i + mostDevices)) }
    batch.known = new Promise(resolve => { batch.resolve = resolve })
    await ask(batch)
    asking = undefined
    strangers = []
    watch(batch)
  }
}

// ask makes the call for a batch.
async function ask(batch) {
  asking = batch
  strangers = []
  const devices = [...batch.iccids].map(id => ({ deviceIds: [{ kind: 'iccid', id }] }))
  const path = '/api/m2m/v1/devices/profile/actions/' + batch.job.operation.name
  let failure
  for (let n = 0; n < tries; n++) {
    try {
      return know(batch, (await call('POST', path, { accountName: account, devices }, false)).requestId)
    } catch (error) {
      failure = error
      if (!(error instanceof Lost)) break
      if (await afterLoss(batch)) return
    }
  }
  for (const iccid of batch.iccids) batch.job.tell(iccid, 'failed', failure.message)
}

// afterLoss finds out what became of a call whose reply was lost, and returns false if it has to be made again. To do that
// at once would do it twice.
async function afterLoss(batch) {
  batch.lost = true
  recognise()
  await Promise.race([batch.known, sleep(patience)])
  if (batch.request) return true
  let changed
  try {
    changed = new Set(await list(batch.job.operation.to))
  } catch (error) {
    const why = `${new Lost().message}, nor can its list be had: ${error.message}`
    for (const iccid of batch.iccids) batch.job.tell(iccid, 'failed', why)
    return true
  }
  if (batch.request) return true // a callback has come meanwhile
  // The devices of a call are worked on together: if one of them is as it was, the call was not carried out.
  for (const iccid of batch.iccids) if (!changed.has(iccid)) return false
  for (const iccid of batch.iccids) batch.job.tell(iccid, 'done')
  return true
}

// recognise finds the requestId of a call whose reply was lost, by a callback that names one of its devices.
function recognise() {
  const found = asking?.lost && strangers.find(callback => asking.iccids.has(iccidOf(callback)))
  if (found) know(asking, found.requestId)
}

// know makes the requestId of a call known, and hears what was told of it before.
function know(batch, request) {
  requests.set(request, batch.job)
  for (const callback of strangers) if (callback.requestId === request) batch.job.hear(callback)
  batch.request ??= request
  asking = undefined
  strangers = []
  batch.resolve()
}

// watch asks for the status of a request when no callback has come for a while, again and again until all is known.
async function watch({ job, iccids, request }) {
  for (let before = 0; ;) {
    await sleep(patience)
    const left = [...iccids].filter(iccid => !job.result.has(iccid))
    if (left.length === 0) return
    if (job.result.size > before) { // a long job: callbacks are still coming
      before = job.result.size
      continue
    }
    try {
      const status = await call('GET', `/api/m2m/v2/accounts/${account}/requests/${request}/status`)
      for (const one of status.subrequests) {
        if (one.status === 'Success') job.tell(one.ids.id, 'done')
        if (one.status === 'Failure') job.tell(one.ids.id, 'failed', noReason)
      }
    } catch (error) {
      if (!(error instanceof Refused)) continue
      for (const iccid of left) job.tell(iccid, 'failed', error.message)
    }
  }
}

// ---- The service

// hear takes a callback, and says with which status to answer. What is not acknowledged comes again, five minutes later.
function hear(body) {
  let callback
  try {
    callback = JSON.parse(body)
  } catch {
    return 400
  }
  if (!callback?.requestId) return 400
  const given = Buffer.from(String(callback.password)), right = Buffer.from(password)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 401
  const job = requests.get(callback.requestId)
  if (job) {
    job.hear(callback)
  } else if (asking) { // it has overtaken the reply that says its requestId, or that was lost
    strangers.push(callback)
    recognise()
  }
  return 200
}

let queue // a promise of the end of all jobs so far

const routes = {
  'GET /healthz': () => (registered ? [200, { registered }] : [503, 'not registered with ThingSpace yet']),
  'POST /callbacks': (url, body) => [hear(body)],
  'POST /fleet/suspend': post,
  'POST /fleet/resume': post,
  'GET /fleet/jobs': url => {
    const job = jobs.get(url.split('/')[3])
    return job ? [200, { ...job, operation: job.operation.name, result: undefined }] : [404, 'there is no such job']
  },
}

// post takes a job and answers at once: ThingSpace takes minutes, and nobody should wait for that on a connection.
function post(url, body) {
  let ask
  try {
    ask = JSON.parse(body)
  } catch { /* said below */ }
  if (!ask || Boolean(ask.all) === ask.iccids?.length > 0) {
    return [400, 'send {"iccids": [...]}, or {"all": true} for the whole fleet']
  }
  const job = new Job(operations[url])
  queue = queue.then(() => run(job, ask.all ? undefined : ask.iccids))
  return [202, { id: job.id }]
}

const server = createServer(async (request, response) => {
  const chunks = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return // the connection ended in the middle of the body
  }
  const route = routes[`${request.method} ${request.url.replace(/^(\/fleet\/jobs)\/.*/, '$1')}`]
  const [status, body] = route ? route(request.url, Buffer.concat(chunks).toString()) : [404, 'there is no such page']
  const json = typeof body === 'object'
  response.writeHead(status, { 'Content-Type': json ? 'application/json' : 'text/plain' })
  response.end(json ? JSON.stringify(body) : body)
})

server.listen(Number(env.PORT ?? 9001), '127.0.0.1', () => {
  const self = `http://127.0.0.1:${server.address().port}`
  console.log(`fleet listens on ${self}`)
  queue = register((env.FLEET_URL ?? self) + '/callbacks')
})

async function register(url) {
  while (!registered) {
    try {
      await call('POST', `/api/m2m/v1/callbacks/${account}`, { name: 'DeviceProfileService', url, username: 'fleet', password })
      registered = true
    } catch (error) {
      console.error('registering:', error.message)
      await sleep(1000)
    }
  }
}
