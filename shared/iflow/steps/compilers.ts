import { compileTimer } from '../senders/timer.compile.ts';
import type { StepCompiler } from './compiler.ts';
import { compileContentModifier } from './content-modifier.compile.ts';
import { compileCsvToXml } from './csv-to-xml.compile.ts';
import { compileDelete, compileGet, compilePut, compileSelect } from './data-store.compile.ts';
import { compileEncoder, encoderCompilers } from './encoder.compile.ts';
import { compileEnd } from './event.compile.ts';
import { compileJsonToXml } from './json-to-xml.compile.ts';
import { compileFilter } from './filter.compile.ts';
import { compileGather } from './gather.compile.ts';
import { compileIdempotentCall } from './idempotent-call.compile.ts';
import { compileLoopingProcess } from './looping-process.compile.ts';
import { compileParallelMulticast, compileSequentialMulticast } from './multicast.compile.ts';
import { compileRouter } from './router.compile.ts';
import { compileGeneralSplitter, compileIteratingSplitter } from './splitter.compile.ts';
import { compileProcessCall } from './process-call.compile.ts';
import { compileCall } from './request-reply.compile.ts';
import { compileScript } from './script.compile.ts';
import { compileWriteVariables } from './write-variables.compile.ts';
import { compileXmlSigner } from './xml-signer.compile.ts';
import { compileXmlValidator } from './xml-validator.compile.ts';
import { compileXmlModifier } from './xml-modifier.compile.ts';
import { compileXmlToCsv } from './xml-to-csv.compile.ts';
import { compileXmlToJson } from './xml-to-json.compile.ts';
import { compileXsltMapping } from './xslt-mapping.compile.ts';

const nothing = (): null => null;

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  // Events
  StartEvent: nothing,
  MessageStartEvent: nothing,
  ErrorStartEvent: nothing,
  intermediatetimer: compileTimer,
  EndEvent: compileEnd,
  MessageEndEvent: compileEnd,
  ErrorEndEvent: compileEnd,
  EscalationEndEvent: compileEnd,
  TerminateEndEvent: nothing,
  TerminateEvent: nothing,
  // Routing
  ExclusiveGateway: compileRouter,
  GeneralSplitter: compileGeneralSplitter,
  Camel: compileIteratingSplitter,
  Multicast: compileParallelMulticast,
  SequentialMulticast: compileSequentialMulticast,
  Join: nothing,
  Gather: compileGather,
  // Message transformers
  Filter: compileFilter,
  Enricher: compileContentModifier,
  JavaScript: compileScript,
  XSLTMapping: compileXsltMapping,
  Decoder: compileEncoder,
  Encoder: compileEncoder,
  ...encoderCompilers,
  // Converters
  CsvToXmlConverter: compileCsvToXml,
  JsonToXmlConverter: compileJsonToXml,
  XmlToCsvConverter: compileXmlToCsv,
  XmlToJsonConverter: compileXmlToJson,
  XmlModifier: compileXmlModifier,
  // Validators
  XmlValidator: compileXmlValidator,
  // Security
  XMLDigitalSignMessage: compileXmlSigner,
  // Calls
  ExternalCall: compileCall,
  Send: compileCall,
  NonLoopingProcess: compileProcessCall,
  LoopingProcess: compileLoopingProcess,
  IdempotentProcessCall: compileIdempotentCall,
  // Persistence
  put: compilePut,
  get: compileGet,
  select: compileSelect,
  delete: compileDelete,
  Variables: compileWriteVariables,
};
