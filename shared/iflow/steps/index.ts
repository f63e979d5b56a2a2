import { contentEnricher } from './calls/content-enricher.ts';
import { contentModifier } from './transformers/content-modifier.ts';
import { csvToXml } from './converters/csv-to-xml.ts';
import {
  dataStoreDelete,
  dataStoreGet,
  dataStorePut,
  dataStoreSelect,
} from './persistence/data-store.ts';
import { encoder, encoders } from './transformers/encoder.ts';
import { filter } from './transformers/filter.ts';
import { gather } from './routing/gather.ts';
import { idempotentCall } from './calls/idempotent-call.ts';
import { loopingProcess } from './calls/looping-process.ts';
import { multicast } from './routing/multicast.ts';
import { router } from './routing/router.ts';
import { splitter } from './routing/splitter.ts';
import { errorEnd, escalationEnd, event, messageEnd, terminateEnd } from './events/event.ts';
import { jsonToXml } from './converters/json-to-xml.ts';
import { processCall } from './calls/process-call.ts';
import { requestReply, send } from './calls/request-reply.ts';
import { script } from './transformers/script.ts';
import type { Step } from './step.ts';
import { writeVariables } from './persistence/write-variables.ts';
import { xmlSigner } from './security/xml-signer.ts';
import { xmlValidator } from './validators/xml-validator.ts';
import { xmlModifier } from './converters/xml-modifier.ts';
import { xmlToCsv } from './converters/xml-to-csv.ts';
import { xmlToJson } from './converters/xml-to-json.ts';
import { xsltMapping } from './transformers/xslt-mapping.ts';

/** What runs a step, by its type; `steps/compilers.ts` has the same keys. */
export const steps: Readonly<Record<string, Step>> = {
  // Events
  StartEvent: event,
  MessageStartEvent: event,
  ErrorStartEvent: event,
  intermediatetimer: event,
  EndEvent: messageEnd,
  MessageEndEvent: messageEnd,
  ErrorEndEvent: errorEnd,
  EscalationEndEvent: escalationEnd,
  TerminateEndEvent: terminateEnd,
  TerminateEvent: terminateEnd,
  // Routing
  ExclusiveGateway: router,
  GeneralSplitter: splitter,
  Camel: splitter,
  Multicast: multicast,
  SequentialMulticast: multicast,
  Join: event,
  Gather: gather,
  // Message transformers
  Filter: filter,
  Enricher: contentModifier,
  JavaScript: script,
  XSLTMapping: xsltMapping,
  Decoder: encoder,
  Encoder: encoder,
  ...encoders,
  // Converters
  CsvToXmlConverter: csvToXml,
  JsonToXmlConverter: jsonToXml,
  XmlToCsvConverter: xmlToCsv,
  XmlToJsonConverter: xmlToJson,
  XmlModifier: xmlModifier,
  // Validators
  XmlValidator: xmlValidator,
  // Security
  XMLDigitalSignMessage: xmlSigner,
  // Calls
  ExternalCall: requestReply,
  Send: send,
  contentEnricherWithLookup: contentEnricher,
  NonLoopingProcess: processCall,
  LoopingProcess: loopingProcess,
  IdempotentProcessCall: idempotentCall,
  // Persistence
  put: dataStorePut,
  get: dataStoreGet,
  select: dataStoreSelect,
  delete: dataStoreDelete,
  Variables: writeVariables,
};
