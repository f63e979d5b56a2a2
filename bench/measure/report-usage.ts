/** Preloaded into each measured process: tells its CPU time and memory when it is asked. */
const bootedAtMs = performance.now();
process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send?.({
    cpuMicroseconds: user + system,
    rssBytes: process.memoryUsage.rss(),
    bootedAtMs,
  });
});
// Ends with the bench, also when that one is killed.
process.once('disconnect', () => process.exit());
process.channel?.unref();
