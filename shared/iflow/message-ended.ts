/**
 * The message has ended before its processes have: nothing returns to those that called one.
 * - `handled`: an exception subprocess has come to its end (SAP Help, Handle Exceptions in Subprocess).
 * - `terminated`: at a Terminate Message event.
 * - `escalated`: at an escalation end event; `message` is what a sender that waits is told.
 */
export class MessageEnded extends Error {
  readonly end: 'handled' | 'terminated' | 'escalated';

  constructor(end: MessageEnded['end'], message = 'The message was ended.') {
    super(message);
    this.name = 'MessageEnded';
    this.end = end;
  }
}
