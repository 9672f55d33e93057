// What was played and cancelled: appended to a file line by line, synced before it is answered, read back at the start.
'use strict';

const fs = require('fs');

class Memory {
  constructor(file) {
    this.rounds = new Map();
    this.cancelled = new Set();
    if (fs.existsSync(file)) {
      for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
        if (line) this.apply(JSON.parse(line));
      }
    }
    this.file = fs.openSync(file, 'a');
  }

  apply(record) {
    if (record.cancelled) this.cancelled.add(record.roundId);
    else this.rounds.set(record.roundId, record);
  }

  keep(record) {
    fs.writeSync(this.file, `${JSON.stringify(record)}\n`);
    fs.fdatasyncSync(this.file);
    this.apply(record);
  }
}

module.exports = { Memory };
