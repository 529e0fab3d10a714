// SMART's own client for JavaScript, its adapter for Node, against the running service. Its fetch is the only thing that is wrapped.
// given: {base, token, key, headers, record, person, patient, sent: {observation}}
import { createRequire } from 'node:module'
import { proving, refusal, told } from './proving.mjs'

const given = JSON.parse(process.argv[2])
const prove = await proving(given)
const require = createRequire(import.meta.url)
const http = require('cross-fetch')
const plain = http.fetch
http.fetch = async (url, options = {}) => {
  const own = url.includes('/.well-known/') || url.endsWith('/metadata') ? {} : await prove(options.method ?? 'GET', url)
  return plain(url, { ...options, headers: { ...options.headers, ...own } })
}
const smart = require('fhirclient')

// Storage, request and response as a web application behind Node has them.
const kept = new Map()
const storage = { get: async (key) => kept.get(key), set: async (key, value) => kept.set(key, value), unset: async (key) => kept.delete(key) }
const request = { headers: { host: 'ehr.example' }, url: '/launch', socket: {} }
const response = { writeHead: () => {}, end: () => {}, redirect: () => {} }
const api = smart(request, response, storage)
const outcomeOf = async (error) => told(error.status ?? error.statusCode, await outcome(error))
const outcome = async (error) => error.body ?? (error.response.bodyUsed ? JSON.parse(error.message.slice(error.message.indexOf('{'))) : error.response.json())
const answer = {}

const launch = { iss: given.base, clientId: 'ehr', scope: 'openid', redirectUri: 'http://127.0.0.1/callback', noRedirect: true, pkceMode: 'required' }
answer.authorize = await api.authorize(launch)

const client = api.client({ serverUrl: given.base })
const found = await client.request(`Observation?patient=${given.patient}&_count=30`, { pageLimit: 0, flat: true })
answer.observations = found.map((one) => one.id)
answer.total = (await client.request(`Observation?patient=${given.patient}&_count=1`)).total
const withVisit = await client.request(`Observation?patient=${given.patient}&code=85354-9&_count=3`, {
  resolveReferences: ['encounter', 'subject'],
  flat: true,
})
answer.resolved = withVisit.map((one) => [one.encounter.resourceType, one.subject.resourceType])
answer.woman = (await client.request(given.patient)).resourceType

const made = await client.create(given.sent.observation)
const changed = await client.update({ ...made, note: [{ text: 'endret' }] })
const patch = [
  { op: 'test', path: '/meta/versionId', value: '2' },
  { op: 'replace', path: '/note/0/text', value: 'lappet' },
]
const patched = await client.patch(`Observation/${made.id}`, patch)
answer.versions = [made, changed, patched].map((one) => [one.meta.versionId, one.note?.[0].text])
await client.delete(`Observation/${made.id}`)
answer.gone = await outcomeOf(await refusal(client.request(`Observation/${made.id}`)))
answer.refused = await outcomeOf(await refusal(client.create({ ...given.sent.observation, status: 'sort of' })))
console.log(JSON.stringify(answer))
