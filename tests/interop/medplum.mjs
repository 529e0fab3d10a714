// @medplum/core against the running service: it keeps what it gets back, so each answer must carry the resource. Its fetch is wrapped.
// given: {base, token, key, headers, record, person, patient, sent: {observation, condition, transaction, batch}}
import { MedplumClient, OperationOutcomeError } from '@medplum/core'
import { proving, refusal, told } from './proving.mjs'

const given = JSON.parse(process.argv[2])
const prove = await proving(given)
const asked = []
const proved = async (url, options) => {
  asked.push([options.method, url])
  return fetch(url, { ...options, headers: { ...options.headers, ...(await prove(options.method, url)) } })
}
const service = new URL(given.base)
const medplum = new MedplumClient({ baseUrl: `${service.origin}/`, fhirUrlPath: service.pathname.slice(1), fetch: proved, cacheTime: 60000 })
const answer = {}
const outcomeOf = (error) => {
  if (!(error instanceof OperationOutcomeError)) throw error
  return told(undefined, error.outcome).codes
}

answer.capability = (await medplum.get(medplum.fhirUrl('metadata'))).fhirVersion
answer.woman = (await medplum.readReference({ reference: given.patient })).resourceType
const pages = []
for await (const page of medplum.searchResourcePages('Observation', { patient: given.patient, _count: 30 })) pages.push(page.map((one) => one.id))
answer.pages = pages
const included = await medplum.search('Observation', `patient=${given.patient}&code=85354-9&_include=Observation:encounter`)
answer.included = [...new Set(included.entry.map((entry) => `${entry.search.mode} ${entry.resource.resourceType}`))].sort()
answer.total = (await medplum.search('Observation', `patient=${given.patient}&_total=accurate&_count=1`)).total

const once = (text) => medplum.createResourceIfNoneExist({ ...given.sent.condition, code: { text } }, 'identifier=https://medplum.example|1')
answer.conditional = [await once('a'), await once('b')].map((one) => [one.id, one.code.text])
const made = await medplum.createResource(given.sent.observation)
const changed = await medplum.updateResource({ ...made, note: [{ text: 'endret' }] })
await Promise.resolve()
answer.cached = medplum.getCached('Observation', made.id)?.meta.versionId
const patched = await medplum.patchResource('Observation', made.id, [
  { op: 'test', path: '/meta/versionId', value: '2' },
  { op: 'replace', path: '/note/0/text', value: 'lappet' },
])
answer.versions = [made, changed, patched].map((one) => [one.meta.versionId, one.note?.[0].text])
answer.stale = outcomeOf(await refusal(medplum.updateResource({ ...made, note: [{ text: 'for sent' }] })))
answer.history = (await medplum.readHistory('Observation', made.id)).entry.map((entry) => entry.resource?.meta.versionId)
answer.first = (await medplum.readVersion('Observation', made.id, '1')).meta.versionId
await medplum.deleteResource('Observation', made.id)
answer.gone = outcomeOf(await refusal(medplum.readResource('Observation', made.id, { cache: 'reload' })))

answer.transaction = (await medplum.executeBatch(given.sent.transaction)).entry.map((entry) => entry.response.status)
answer.batch = (await medplum.executeBatch(given.sent.batch)).entry.map((entry) => entry.response.status)
answer.everything = (await medplum.readPatientEverything(given.person)).entry.length
answer.summary = (await medplum.readPatientSummary(given.person)).type
answer.valid = (await medplum.validateResource(given.sent.observation)).issue.map((issue) => issue.severity)
answer.binary = outcomeOf(await refusal(medplum.createBinary({ data: 'plain text', contentType: 'text/plain' })))
answer.atBase = asked.filter(([method, url]) => method === 'POST' && new URL(url).pathname.replace(/\/$/, '') === service.pathname).length
console.log(JSON.stringify(answer))
