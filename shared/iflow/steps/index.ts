import { contentModifier } from './content-modifier.ts';
import { csvToXml } from './csv-to-xml.ts';
import { dataStoreDelete, dataStoreGet, dataStorePut, dataStoreSelect } from './data-store.ts';
import { encoder, encoders } from './encoder.ts';
import { filter } from './filter.ts';
import { gather } from './gather.ts';
import { idempotentCall } from './idempotent-call.ts';
import { loopingProcess } from './looping-process.ts';
import { multicast } from './multicast.ts';
import { router } from './router.ts';
import { splitter } from './splitter.ts';
import { errorEnd, escalationEnd, event, messageEnd, terminateEnd } from './event.ts';
import { jsonToXml } from './json-to-xml.ts';
import { processCall } from './process-call.ts';
import { requestReply, send } from './request-reply.ts';
import { script } from './script.ts';
import type { Step } from './step.ts';
import { writeVariables } from './write-variables.ts';
import { xmlSigner } from './xml-signer.ts';
import { xmlValidator } from './xml-validator.ts';
import { xmlModifier } from './xml-modifier.ts';
import { xmlToCsv } from './xml-to-csv.ts';
import { xmlToJson } from './xml-to-json.ts';
import { xsltMapping } from './xslt-mapping.ts';

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
