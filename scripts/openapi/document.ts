import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { authorizationPaths } from './authorization-paths.ts';
import { facadePaths } from './facade-paths.ts';
import { oauthPaths } from './oauth-paths.ts';
import type { Answer, Operation, Parameter, Paths } from './operation.ts';
import { registrationPaths } from './registration-paths.ts';
import { issuerPaths } from './issuer-paths.ts';
import { registryPaths } from './registry-paths.ts';
import { secretPaths } from './secret-paths.ts';
import { tokenPaths } from './token-paths.ts';
import { requests, responses } from './schemas.ts';
import { userPaths } from './user-paths.ts';

/** Described here; `/api/v1` describes itself at `/api/v1/$metadata`. */
export const paths: Paths = {
  ...oauthPaths,
  ...registrationPaths,
  ...registryPaths,
  ...secretPaths,
  ...tokenPaths,
  ...issuerPaths,
  ...userPaths,
  ...facadePaths,
  ...authorizationPaths,
};

const SECURITY: Readonly<Record<Operation['access'], readonly object[]>> = {
  public: [],
  client: [{ clientBasic: [] }, {}],
  runtime: [{ accessToken: [] }],
  management: [{ accessToken: [] }],
  registration: [{ registrationToken: [] }],
};

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  client_id: 'Case-sensitive.',
  token_id: 'As the list of initial access tokens has it.',
  grant_id: 'As the list of grants has it.',
  issuer_id: 'As the list of issuers has it.',
  jti: 'The claim of the token.',
  secret_id: 'As the list of secrets has it.',
  subscription: '<account>iflmap or <account>tmn.',
  role: 'Case-sensitive.',
  user: 'Any name of 1 to 256 characters, percent-encoded; case-sensitive.',
};

/** The whole description (OpenAPI 3.1). */
export function makeDocument(): Record<string, unknown> {
  const root = join(import.meta.dirname, '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Flowgate',
      version,
      description:
        'Token endpoint, iFlow dispatch, health and client registry. Every answer carries x-invocation-id. The OData API below /api/v1 describes itself at /api/v1/$metadata.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this deployment is served.' }],
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, operations]) => [
        path,
        Object.fromEntries(
          Object.entries(operations).map(([method, operation]) => [
            method,
            describe(path, method, operation),
          ]),
        ),
      ]),
    ),
    components: {
      securitySchemes: {
        clientBasic: { type: 'http', scheme: 'basic', description: 'client_id and client_secret.' },
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'RFC 6750 section 2.1. For iFlows of a client of <account>iflmap with the role that the iFlow names; for the registry of a client of <account>tmn with AuthGroup.Administrator, or, to read, AuthGroup.IntegrationDeveloper or AuthGroup.ReadOnly.',
        },
        registrationToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An initial access token to register a client; the registration access token of a client that has registered itself.',
        },
      },
      responses: problemResponses(),
      schemas: { ...schemasOf(requests, 'input'), ...schemasOf(responses, 'output') },
    },
  };
}

function describe(path: string, method: string, operation: Operation): Record<string, unknown> {
  const { summary, description, access, request, answers } = operation;
  const parameters = [...pathParameters(path, operation), ...(operation.parameters ?? [])];
  return {
    operationId: operationId(method, path),
    summary,
    ...(description === undefined ? {} : { description }),
    security: SECURITY[access],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: request.required,
            content: Object.fromEntries(
              request.mediaTypes.map((type) => [
                type,
                { schema: refTo(request.schema), example: request.example },
              ]),
            ),
          },
        }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        answer.schema === 'Problem'
          ? { $ref: `#/components/responses/Problem${status}` }
          : describeAnswer(answer),
      ]),
    ),
  };
}

/** Each problem is described once. */
function problemResponses(): Record<string, unknown> {
  const problems = new Map<string, unknown>();
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const [status, answer] of Object.entries(operation.answers)) {
      if (answer.schema === 'Problem') problems.set(`Problem${status}`, describeAnswer(answer));
    }
  }
  return Object.fromEntries([...problems].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describeAnswer({ description, schema, mediaType, textAs, headers, example }: Answer) {
  const type = mediaType ?? (schema === undefined ? undefined : 'application/json');
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [
              name,
              { description: text, schema: { type: 'string' } },
            ]),
          ),
        }),
    ...(type === undefined
      ? {}
      : {
          content: {
            [type]: {
              schema: schema === undefined ? { type: 'string' } : refTo(schema),
              ...(example === undefined ? {} : { example }),
            },
            ...(textAs === undefined
              ? {}
              : {
                  [textAs.mediaType]: {
                    schema: { type: 'string', description: textAs.description },
                  },
                }),
          },
        }),
  };
}

function pathParameters(path: string, operation: Operation): Parameter[] {
  const described = new Set(operation.parameters?.map((parameter) => parameter.name));
  return [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !described.has(name))
    .map((name) => ({
      name,
      in: 'path',
      required: true,
      description: PATH_PARAMETERS[name] ?? '',
      schema: { type: 'string' },
    }));
}

/** Unique, since it is made of what is. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return [method, ...words].join('_');
}

const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** JSON Schemas by name; where one holds another, it refers to it. */
function schemasOf(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: 'input' | 'output',
): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { io, uri: (id) => refTo(id).$ref });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([name, schema]) => [
      name,
      // OpenAPI 3.1 has its own place for the name and takes this dialect for granted.
      Object.fromEntries(Object.entries(schema).filter(([key]) => !/^\$(?:schema|id)$/.test(key))),
    ]),
  );
}
