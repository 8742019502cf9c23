#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// Records that brokers write about the log itself, in batches with the control bit: ends of
// transactions in user partitions; leaders and snapshots in the metadata log. Clients never see
// them as records.
namespace ottla::protocol {

// Numbers beyond these come from brokers of the future; readers pass over them.
enum class ControlRecordType : std::int16_t {
  abort = 0,
  commit = 1,
  leader_change = 2,
  snapshot_header = 3,
  snapshot_footer = 4,
  kraft_version = 5,
  kraft_voters = 6,
};

// The type in the key of a control record. Error: invalid_record.
Result<ControlRecordType> control_record_type(const RecordView& record);

// The end of a transaction in one partition.
struct EndTransactionMarker {
  bool committed = false;
  // Of the transaction coordinator that decided: an older one's markers are refused.
  std::int32_t coordinator_epoch = 0;

  bool operator==(const EndTransactionMarker&) const = default;
};

// The marker in a record whose type is abort or commit. Error: invalid_record, for other types too.
Result<EndTransactionMarker> parse_end_transaction_marker(const RecordView& record);

// A sealed batch that holds the marker alone, as the coordinator's broker appends it.
std::string end_transaction_batch(const EndTransactionMarker& marker, ProducerId producer_id,
                                  ProducerEpoch producer_epoch, std::int64_t timestamp);

// The rest are the KRaft bodies: messages that are always flexible, whose first field repeats
// their version. Decode them with `decode_control<...>(record)`.

// The first record of every raft epoch: who leads it and who voted. v1 directory ids (KIP-853)
struct LeaderChangeMessage {
  static constexpr Api api{ApiKey{-1}, "LeaderChangeMessage", 0, 0, 1};
  static constexpr Side side = Side::request;
  static constexpr ControlRecordType type = ControlRecordType::leader_change;

  struct Voter {
    BrokerId voter_id;
    Uuid voter_directory_id;

    bool operator==(const Voter&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("voterId", m.voter_id);
      w.since(1)("voterDirectoryId", m.voter_directory_id);
    }
  };

  std::int16_t version = 0;
  BrokerId leader_id;
  std::vector<Voter> voters;
  std::vector<Voter> granting_voters;

  bool operator==(const LeaderChangeMessage&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("leaderId", m.leader_id);
    w("voters", m.voters);
    w("grantingVoters", m.granting_voters);
  }
};

// The first record of a snapshot.
struct SnapshotHeaderRecord {
  static constexpr Api api{ApiKey{-1}, "SnapshotHeaderRecord", 0, 0, 0};
  static constexpr Side side = Side::request;
  static constexpr ControlRecordType type = ControlRecordType::snapshot_header;

  std::int16_t version = 0;
  // When the last record that the snapshot stands for was appended.
  std::int64_t last_contained_log_timestamp = 0;

  bool operator==(const SnapshotHeaderRecord&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("lastContainedLogTimestamp", m.last_contained_log_timestamp);
  }
};

// The last record of a snapshot: without it, the snapshot is not whole.
struct SnapshotFooterRecord {
  static constexpr Api api{ApiKey{-1}, "SnapshotFooterRecord", 0, 0, 0};
  static constexpr Side side = Side::request;
  static constexpr ControlRecordType type = ControlRecordType::snapshot_footer;

  std::int16_t version = 0;

  bool operator==(const SnapshotFooterRecord&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
  }
};

// Which protocol the quorum speaks: 0, voters from the configuration; 1, voters in the log.
struct KRaftVersionRecord {
  static constexpr Api api{ApiKey{-1}, "KRaftVersionRecord", 0, 0, 0};
  static constexpr Side side = Side::request;
  static constexpr ControlRecordType type = ControlRecordType::kraft_version;

  std::int16_t version = 0;
  std::int16_t kraft_version = 0;

  bool operator==(const KRaftVersionRecord&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("kRaftVersion", m.kraft_version);
  }
};

extern template struct Codec<LeaderChangeMessage>;
extern template struct Codec<SnapshotHeaderRecord>;
extern template struct Codec<SnapshotFooterRecord>;
extern template struct Codec<KRaftVersionRecord>;

// The bytes of a body, in the version that its first field says. Fails with unsupported_version if
// there is no such version.
template <class Body>
Result<std::string> encode_control(const Body& body) {
  auto frame = Codec<Body>::encode(body, body.version, {});
  if (!frame) return std::move(frame).error();
  return std::string(frame->bytes.view());
}

// Bytes of a body say their version first; -1 if they are too few for that.
std::int16_t control_body_version(const RecordView& record);

// The body of a record whose type is Body::type. Errors: invalid_record (another type, malformed
// key), corrupt_data, unsupported_version.
template <class Body>
Result<Body> decode_control(const RecordView& record) {
  const auto type = control_record_type(record);
  if (!type) return type.error();
  if (*type != Body::type) {
    return Error(ErrorCode::invalid_record, "a control record of type " +
                                                std::to_string(static_cast<int>(*type)) +
                                                " is no " + std::string(Body::api.name));
  }
  return Codec<Body>::decode(record.value.value_or(BytesView()), control_body_version(record));
}

// A sealed batch that holds one control record and has no producer: stamp offsets and leader epoch
// before it is stored. `body` comes from encode_control.
std::string control_batch(ControlRecordType type, BytesView body, std::int64_t timestamp);

}  // namespace ottla::protocol
