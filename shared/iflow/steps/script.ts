import { ScriptFailure } from '../script/engine.ts';
import { type Step, StepFailure } from './step.ts';

export interface ScriptConfig {
  readonly fileName: string;
  readonly functionName: string;
}

/** Runs a script on the message: what it returns takes the place of body, headers and properties. */
export const script: Step = {
  async run(exchange, node, { flow, environment, deadline, log }) {
    const { fileName, functionName } = node.config as ScriptConfig;
    const source = flow.resources[fileName];
    if (source === undefined) throw new Error(`The compiled flow has no script ${fileName}.`);
    const engine = await environment.scriptEngine('JavaScript');
    const timeLeft = Math.max(1, deadline - environment.now());
    try {
      const result = await engine.run({
        key: `${environment.revision}/${fileName}`,
        fileName,
        source,
        functionName,
        message: {
          body: exchange.body,
          headers: [...exchange.headers],
          properties: [...exchange.properties],
        },
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
      log.push(...result.log);
      return undefined;
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      const reason = error.reason === 'busy' ? 'busy' : `script_${error.reason}`;
      throw new StepFailure(reason, error.message, error);
    }
  },
};
