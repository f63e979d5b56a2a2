import { z } from 'zod';
import { schemaOfUser, USER_READ_ONLY } from '../../shared/registry/api/user-members.ts';

/* People who may sign in; what their settings may be comes from the code that reads them. */

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  display_name: 'The user name unless told.',
  email: 'For whoever looks for the user.',
  enabled: 'One that is not cannot sign in; its sessions and what it has allowed have ended.',
};

const settable: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(schemaOfUser('').shape).map(([name, schema]): [string, z.ZodType] => {
    const described = name === 'display_name' ? innerOf(schema) : schema;
    return [
      name,
      z
        .nullable(described)
        .optional()
        .describe(DESCRIPTIONS[name] ?? ''),
    ];
  }),
);

/** The default depends on the user and is told in words. */
function innerOf(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.core.$ZodDefault ? schema._zod.def.innerType : schema;
}

const readOnly = Object.fromEntries(
  USER_READ_ONLY.map((name) => [
    name,
    z
      .unknown()
      .optional()
      .describe('Accepted and ignored, so that what was read can be sent back.'),
  ]),
);

const userName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,199}$/)
  .describe('Not beginning with oauth_client_; no two differ only in case.');
const password = z
  .string()
  .min(12)
  .max(256)
  .nullable()
  .optional()
  .describe(
    'Without control characters and user name. Left out, one is made. The user has to change it at the next sign-in.',
  );

export const userRequests = {
  NewUser: z.strictObject({ ...settable, ...readOnly, user: userName, password }),
  UserSettings: z.strictObject({ ...settable, ...readOnly }),
  NewPassword: z.strictObject({ password }),
};

const time = z.string().meta({ format: 'date-time' });
const members = {
  user: userName,
  display_name: z.string(),
  email: z.string().nullable(),
  enabled: z.boolean(),
  must_change_password: z.boolean(),
  upstream_issuer: z.string().nullable().describe('Where the user signs in; null: here.'),
  upstream_subject: z.string().nullable().describe('sub of the user there.'),
  created_at: time,
  updated_at: time,
  last_sign_in_at: time.nullable(),
};
const User = z.strictObject(members);

export const userResponses = {
  User,
  UserWithPassword: z.strictObject({
    ...members,
    password: z
      .string()
      .optional()
      .describe('Shown this once, and only where it was made by the server.'),
  }),
  Users: z.strictObject({
    items: z.array(User),
    next_cursor: z.string().nullable().describe('For the next page; null on the last one.'),
  }),
};
