import tseslint from 'typescript-eslint';

const azureStorage = ['@azure/data-tables', '@azure/storage-blob', '@azure/storage-queue'];
const restrict = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
});
const noAzureStorage = {
  group: azureStorage,
  message: 'Only shared/storage/ talks to Azure storage: say what you need as an interface.',
};
const noFunctionsLibrary = {
  group: ['@azure/functions'],
  message: 'Only functions/ and shared/http/ know the Functions library.',
};
const noStorageRoom = {
  group: ['**/storage/*'],
  message: 'Rooms say what they need as an interface; compose/ hands them the storage.',
};
const noWholeZod = {
  regex: '^zod$',
  message:
    'zod/mini in its place: a chunk that a token request loads would hold all that any room uses of zod.',
};
const noOtherScripts = {
  group: ['**/script/javascript/*'],
  message: 'Script languages are behind script/engine.ts.',
};

export default tseslint.config(
  { ignores: ['dist/', 'pack/', 'node_modules/', '.flowgate*/', 'coverage/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['shared/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings come from shared/config/, passed in.',
        },
      ],
    },
  },
  {
    files: ['shared/{config,cache,net,jwt,oauth,registry,iflow,monitor,odata,telemetry}/**/*.ts'],
    rules: restrict(noAzureStorage, noFunctionsLibrary, noStorageRoom, noOtherScripts, noWholeZod),
  },
  { files: ['shared/http/**/*.ts'], rules: restrict(noAzureStorage, noStorageRoom) },
  { files: ['shared/storage/**/*.ts'], rules: restrict(noFunctionsLibrary) },
  { files: ['functions/**/*.ts'], rules: restrict(noAzureStorage, noStorageRoom) },
  {
    // What fails outside any call is told to the host's own log.
    files: ['shared/compose/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['shared/compose/environment.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts', 'local/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: {
      'no-console': 'off',
      // node:test's own `test()` returns a promise that the runner awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'suite', 'describe', 'it'] },
          ],
        },
      ],
    },
  },
  { files: ['bench/peers/*.js'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
