/** An address in the machine's memory. */
export type Pointer = number;

/** What is used of the binary's exports. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global<'i32'>;
  _initialize(): void;
  qjs_init2(intrinsics: number): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_gc_threshold(bytes: number): void;
  qjs_set_interrupt_handler(enable: number): void;
  qjs_get_context_ptr(): Pointer;
  qjs_compile(
    code: Pointer,
    length: number,
    fileName: Pointer,
    flags: number,
    strip: number,
    compiledLength: Pointer,
  ): Pointer;
  qjs_eval_bytecode(bytecode: Pointer, length: number): Pointer;
  JS_ReadObject(context: Pointer, bytes: Pointer, length: number, flags: number): bigint;
  JS_EvalFunction(context: Pointer, compiled: bigint): bigint;
  JS_HasException(context: Pointer): number;
  qjs_get_exception(): Pointer;
  qjs_is_exception(value: Pointer): number;
  qjs_is_object(value: Pointer): number;
  qjs_call(callee: Pointer, self: Pointer, count: number, values: Pointer): Pointer;
  qjs_is_job_pending(): number;
  qjs_execute_pending_job(): number;
  qjs_new_string(text: Pointer, length: number): Pointer;
  qjs_new_uint8_array(bytes: Pointer, length: number): Pointer;
  qjs_new_number(value: number): Pointer;
  qjs_get_float64(value: Pointer): number;
  qjs_is_string(value: Pointer): number;
  qjs_new_host_function(name: Pointer, length: number, parameters: number): Pointer;
  qjs_get_undefined(): Pointer;
  qjs_get_prop_string(object: Pointer, name: Pointer): Pointer;
  qjs_get_prop_uint32(object: Pointer, index: number): Pointer;
  qjs_get_string_len(value: Pointer, length: Pointer): Pointer;
  qjs_free_cstring(text: Pointer): void;
  qjs_get_typed_array_buffer(
    value: Pointer,
    offset: Pointer,
    length: Pointer,
    elementSize: Pointer,
  ): Pointer;
  qjs_get_array_buffer(value: Pointer, length: Pointer): Pointer;
  wasm_malloc(bytes: number): Pointer;
  wasm_free(pointer: Pointer): void;
}
