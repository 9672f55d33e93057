// Errors in words of the contract: a gRPC code, and a reason that says whether anything was done.
'use strict';

const path = require('path');
const grpc = require('@grpc/grpc-js');
const protobuf = require('protobufjs');

const root = protobuf.loadSync(path.join(__dirname, 'error_details.proto'));
const Status = root.lookupType('google.rpc.Status');
const ErrorInfo = root.lookupType('google.rpc.ErrorInfo');

const CODES = {
  CAPABILITY_NOT_SUPPORTED: grpc.status.UNIMPLEMENTED,
  INVALID_CALL: grpc.status.INVALID_ARGUMENT,
  GAME_NOT_FOUND: grpc.status.NOT_FOUND,
  ROUND_CONFLICT: grpc.status.ALREADY_EXISTS,
  ROUND_ALREADY_COMPLETED: grpc.status.FAILED_PRECONDITION,
  PROVIDER_REFUSED: grpc.status.FAILED_PRECONDITION,
  DEADLINE_PASSED: grpc.status.DEADLINE_EXCEEDED,
  OUTCOME_UNKNOWN: grpc.status.INTERNAL,
};

class Refusal extends Error {
  constructor(reason, message, facts = {}) {
    super(message);
    this.reason = reason;
    this.facts = facts;
  }
}

// The error as a failed step of an open call; whatever is no Refusal is an unknown outcome, without its text.
function toFailure(error) {
  const { reason, message, facts } = error instanceof Refusal ? error : new Refusal('OUTCOME_UNKNOWN', 'internal fault');
  return { reason: `ERROR_REASON_${reason}`, message, metadata: facts };
}

// The same as grpc-js wants it.
function toStatus(error) {
  const { reason, message, metadata: facts } = toFailure(error);
  const info = ErrorInfo.encode({ reason, domain: 'provider.reelgate', metadata: facts }).finish();
  const code = CODES[reason.replace('ERROR_REASON_', '')];
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }];
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(Status.encode({ code, message, details }).finish()));
  return { code, details: message, metadata };
}

module.exports = { Refusal, toFailure, toStatus };
