import type {
  NumberRangeAdministration,
  NumberRangeFields,
} from '../iflow/services/administer-number-ranges.ts';
import type { NumberRange } from '../iflow/services/number-ranges.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import { type ODataRequest, readProperties, type Routes, SMALL_BODY } from './request.ts';

/** SAP has texts for all of them. */
export const numberRangeType: EntityType = {
  name: 'NumberRange',
  set: 'NumberRanges',
  keys: ['Name'],
  properties: {
    Name: 'Edm.String',
    Description: 'Edm.String',
    MinValue: 'Edm.String',
    MaxValue: 'Edm.String',
    Rotate: 'Edm.String',
    CurrentValue: 'Edm.String',
    FieldLength: 'Edm.String',
    DeployedBy: 'Edm.String',
    DeployedOn: 'Edm.String',
  },
  navigations: {},
  media: false,
};

const BODY = Object.keys(numberRangeType.properties) as (keyof typeof FIELDS | 'Name')[];

/** What a body may set; who has deployed it and when may be sent back, and is not taken. */
const FIELDS = {
  Description: 'description',
  MinValue: 'minimum',
  MaxValue: 'maximum',
  Rotate: 'rotate',
  CurrentValue: 'current',
  FieldLength: 'fieldLength',
} as const satisfies Record<string, keyof NumberRangeFields>;

/** `NumberRanges` (SAP Help, Add a Number Ranges Object; Update a Number Ranges Object). */
export function numberRangeRoutes(ranges: NumberRangeAdministration): Routes {
  const nameOf = (request: ODataRequest): string =>
    keyValues(request.segments[0], ['Name'])[0] ?? '';
  const list = collectionRoutes('NumberRanges', numberRangeType, async () =>
    (await ranges.list()).map(rangeEntity),
  );
  return {
    ...list,
    NumberRanges: {
      ...list['NumberRanges'],
      POST: async (request) => {
        const body = await readProperties(request.call, SMALL_BODY, BODY);
        if (body.Name === undefined) throw ODataError.badRequest("Property 'Name' is missing.");
        const created = await ranges.create(body.Name, fieldsOf(body), request.caller.user);
        return replyCreated(request, numberRangeType, rangeEntity(created));
      },
    },
    'NumberRanges()': {
      GET: async (request) =>
        replyEntity(request, numberRangeType, rangeEntity(await ranges.get(nameOf(request)))),
      PUT: async (request) => {
        const body = await readProperties(request.call, SMALL_BODY, BODY);
        const name = nameOf(request);
        if (body.Name !== undefined && body.Name !== name) {
          throw ODataError.badRequest('The Name of a number range does not change. Leave it out.');
        }
        await ranges.change(name, fieldsOf(body), request.caller.user);
        return { status: 202 };
      },
      DELETE: async (request) => {
        await ranges.remove(nameOf(request));
        return { status: 202 };
      },
    },
  };
}

function fieldsOf(body: Readonly<Partial<Record<string, string>>>): NumberRangeFields {
  const fields: { -readonly [K in keyof NumberRangeFields]: string } = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = body[name];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}

function rangeEntity(range: NumberRange): Entity {
  return {
    Name: range.name,
    Description: range.description,
    MinValue: String(range.minimum),
    MaxValue: String(range.maximum),
    Rotate: String(range.rotate),
    CurrentValue: String(range.next),
    FieldLength: String(range.fieldLength),
    DeployedBy: range.deployedBy,
    DeployedOn: String(range.deployedOn),
  };
}
