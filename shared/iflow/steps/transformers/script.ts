import { ScriptFailure } from '../../script/engine.ts';
import { addToLog } from '../../script/message-log.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface ScriptConfig {
  readonly fileName: string;
  readonly functionName: string;
}

/**
 * Runs a script on the message: what it returns takes the place of body, headers, properties and
 * attachments.
 */
export const script: Step = {
  async run(exchange, node, { flow, environment, deadline, log }) {
    const { fileName, functionName } = node.config as ScriptConfig;
    const source = flow.resources[fileName];
    if (source === undefined) throw new Error(`The compiled flow has no script ${fileName}.`);
    const engine = await environment.scriptEngine('JavaScript');
    const timeLeft = Math.max(1, deadline - environment.now());
    const message = {
      body: exchange.body,
      headers: [...exchange.headers],
      properties: [...exchange.properties],
      attachments: [...exchange.attachments],
    };
    try {
      const result = await engine.run({
        key: `${environment.revision}/${fileName}`,
        fileName,
        source,
        functionName,
        message,
        services: environment.services,
        limits: {
          ...environment.scriptLimits,
          timeoutMs: Math.min(environment.scriptLimits.timeoutMs, timeLeft),
        },
      });
      exchange.body = result.body;
      exchange.headers.clear();
      for (const [name, value] of result.headers) exchange.headers.set(name, value);
      exchange.properties.clear();
      for (const [name, value] of result.properties) exchange.properties.set(name, value);
      if (result.attachments !== message.attachments) {
        exchange.attachments.clear();
        for (const [name, value] of result.attachments) exchange.attachments.set(name, value);
      }
      addToLog(log, result.log);
      return undefined;
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      addToLog(log, error.log);
      const reason = error.reason === 'busy' ? 'busy' : `script_${error.reason}`;
      const caught = { class: 'javax.script.ScriptException' };
      throw new StepFailure(reason, error.message, error, caught);
    }
  },
};
