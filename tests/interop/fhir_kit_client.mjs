// fhir-kit-client against the running service. It asks for application/fhir+json alone, and its request signer makes the proof.
// given: {base, token, key, headers, record, person, patient, sent: {observation, condition, transaction, batch}}
import { Client } from 'fhir-kit-client'
import { proving, refusal, told } from './proving.mjs'

const given = JSON.parse(process.argv[2])
const prove = await proving(given)
const client = new Client({
  baseUrl: given.base,
  requestSigner: async (url, options) => {
    for (const [name, value] of Object.entries(await prove(options.method, new URL(url).href))) options.headers.set(name, value)
  },
})
const outcomeOf = (error) => told(error.response.status, error.response.data)
const answer = {}

answer.smart = await client.smartAuthMetadata()
answer.capability = (await client.capabilityStatement()).fhirVersion
answer.episode = await client.read({ resourceType: 'EpisodeOfCare', id: given.record })
answer.woman = await client.resolve({ reference: given.patient })

const pages = []
let page = await client.search({ resourceType: 'Observation', searchParams: { patient: given.patient, _count: 30 } })
while (page) {
  pages.push(page.entry.map((entry) => entry.resource.id))
  const next = await client.nextPage({ bundle: page })
  if (!next && pages.length > 1) answer.back = (await client.prevPage({ bundle: page })).entry.map((entry) => entry.resource.id)
  page = next
}
answer.pages = pages
const compartment = { resourceType: 'Patient', id: given.person }
answer.compartment = (await client.search({ resourceType: 'Encounter', compartment, searchParams: { _sort: '-date' } })).total
const byPost = { patient: given.patient, code: '85354-9' }
answer.posted = (await client.search({ resourceType: 'Observation', searchParams: byPost, options: { postSearch: true } })).total
answer.got = (await client.search({ resourceType: 'Observation', searchParams: byPost })).total
answer.unknown = outcomeOf(await refusal(client.search({ resourceType: 'Observation', searchParams: { ...byPost, shoe: 41 } })))

const made = await client.create({ resourceType: 'Observation', body: given.sent.observation })
const at = { resourceType: 'Observation', id: made.id }
const changed = await client.update({
  ...at,
  body: { ...made, note: [{ text: 'endret' }] },
  options: { headers: { 'if-match': 'W/"1"' } },
})
const patched = await client.patch({
  ...at,
  jsonPatch: [{ op: 'replace', path: '/note/0/text', value: 'lappet' }],
  options: { headers: { 'if-match': 'W/"2"' } },
})
answer.versions = [made, changed, patched].map((one) => [one.meta.versionId, one.note?.[0].text])
const stale = { ...at, body: made, options: { headers: { 'if-match': 'W/"1"' } } }
answer.stale = outcomeOf(await refusal(client.update(stale)))
answer.first = (await client.vread({ ...at, version: '1' })).meta.versionId
answer.history = (await client.history(at)).entry.map((entry) => entry.request.method)
await client.delete({ ...at })
answer.gone = outcomeOf(await refusal(client.read(at)))

const conditional = { resourceType: 'Condition', body: given.sent.condition }
conditional.options = { headers: { 'if-none-exist': 'identifier=https://kit.example|1' } }
answer.conditional = [(await client.create(conditional)).id, (await client.create(conditional)).id]
answer.transaction = (await client.transaction({ body: given.sent.transaction })).entry.map((entry) => entry.response.status)
answer.batch = (await client.batch({ body: given.sent.batch })).entry.map((entry) => entry.response.status)

const whole = { name: 'everything', resourceType: 'EpisodeOfCare', id: given.record, method: 'GET' }
answer.everything = (await client.operation(whole)).entry.length
answer.card = (await client.operation({ ...whole, name: 'card' })).type
const validated = { name: 'validate', resourceType: 'Observation' }
answer.valid = (await client.operation({ ...validated, input: given.sent.observation })).issue.map((issue) => issue.severity)
answer.invalid = (await client.operation({ ...validated, input: { ...given.sent.observation, status: 'sort of' } })).issue.map(
  (issue) => issue.expression,
)
console.log(JSON.stringify(answer))
