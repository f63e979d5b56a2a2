/** `reason` of the fault for a token whose keys another server publishes and does not hand out now. */
export const KEYS_UNAVAILABLE = 'keys_unavailable';
