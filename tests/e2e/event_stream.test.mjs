// The parser of web/event_stream.js. No daemon and no browser.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

// The files in web/ are modules for browsers; node takes a .js file for one only through an URL that says so.
const source = fs.readFileSync(new URL('../../web/event_stream.js', import.meta.url), 'utf8');
const { EventStreamParser } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const stream = ': ping\n\nid: 7\nevent: joined\ndata: {"a":\ndata: 1}\n\ndata: plain\n\nevent: empty\n\n';
const events = [
  { type: 'joined', data: '{"a":\n1}', id: '7' },
  { type: 'message', data: 'plain', id: '7' },
];

test('comments and events without data are skipped, data lines are joined, the id stays', () => {
  assert.deepEqual(new EventStreamParser().push(stream), events);
});

for (const [name, text] of [
  ['LF', stream],
  ['CRLF', stream.replaceAll('\n', '\r\n')],
  ['CR', stream.replaceAll('\n', '\r')],
]) {
  test(`a stream with ${name} may be cut anywhere`, () => {
    for (let cut = 0; cut <= text.length; ++cut) {
      const parser = new EventStreamParser();
      assert.deepEqual([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))], events, `cut at ${cut}`);
    }
    const parser = new EventStreamParser();
    assert.deepEqual(
      [...text].flatMap((character) => parser.push(character)),
      events,
    );
  });
}

test('an unfinished event is not given out', () => {
  assert.deepEqual(new EventStreamParser().push('event: joined\ndata: 1\n'), []);
});
