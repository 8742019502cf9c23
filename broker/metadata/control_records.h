#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/metadata/metadata_records.h"
#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/record/record.h"

// The control records of the metadata log and its snapshots (KIP-595, KIP-630, KIP-853). Their
// bodies stand bare in the value; the key has a version and the type.
namespace ottla::broker {

// The type in the key.
enum class ControlRecordType : std::int16_t {
  abort = 0,
  commit = 1,
  leader_change = 2,
  snapshot_header = 3,
  snapshot_footer = 4,
  kraft_version = 5,
  kraft_voters = 6,
};

// Opens a raft epoch. Version 1, with directory ids, is for requests; logs have version 0.
struct LeaderChangeMessage {
  static constexpr protocol::Api api = metadata_record_api(-1, "LeaderChangeMessage", 1);
  static constexpr protocol::Side side = protocol::Side::record;

  struct Voter {
    std::int32_t voter_id = 0;
    Uuid voter_directory_id;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("voterId", m.voter_id);
      w.since(1)("voterDirectoryId", m.voter_directory_id);
    }

    bool operator==(const Voter&) const = default;
  };

  std::int16_t version = 0;
  std::int32_t leader_id = 0;
  std::vector<Voter> voters;
  std::vector<Voter> granting_voters;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("leaderId", m.leader_id);
    w("voters", m.voters);
    w("grantingVoters", m.granting_voters);
  }

  bool operator==(const LeaderChangeMessage&) const = default;
};

struct SnapshotHeaderRecord {
  static constexpr protocol::Api api = metadata_record_api(-1, "SnapshotHeaderRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int16_t version = 0;
  std::int64_t last_contained_log_timestamp = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("lastContainedLogTimestamp", m.last_contained_log_timestamp);
  }

  bool operator==(const SnapshotHeaderRecord&) const = default;
};

struct SnapshotFooterRecord {
  static constexpr protocol::Api api = metadata_record_api(-1, "SnapshotFooterRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int16_t version = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
  }

  bool operator==(const SnapshotFooterRecord&) const = default;
};

struct KRaftVersionRecord {
  static constexpr protocol::Api api = metadata_record_api(-1, "KRaftVersionRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  std::int16_t version = 0;
  std::int16_t kraft_version = 0;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("kRaftVersion", m.kraft_version);
  }

  bool operator==(const KRaftVersionRecord&) const = default;
};

struct VotersRecord {
  static constexpr protocol::Api api = metadata_record_api(-1, "VotersRecord", 0);
  static constexpr protocol::Side side = protocol::Side::record;

  struct Endpoint {
    std::string_view name;
    std::string_view host;
    std::uint16_t port = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("host", m.host);
      w("port", m.port);
    }

    bool operator==(const Endpoint&) const = default;
  };

  struct KRaftVersionFeature {
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("minSupportedVersion", m.min_supported_version);
      w("maxSupportedVersion", m.max_supported_version);
    }

    bool operator==(const KRaftVersionFeature&) const = default;
  };

  struct Voter {
    std::int32_t voter_id = 0;
    Uuid voter_directory_id;
    std::vector<Endpoint> endpoints;
    KRaftVersionFeature kraft_version_feature;

    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("voterId", m.voter_id);
      w("voterDirectoryId", m.voter_directory_id);
      w("endpoints", m.endpoints);
      w("kRaftVersionFeature", m.kraft_version_feature);
    }

    bool operator==(const Voter&) const = default;
  };

  std::int16_t version = 0;
  std::vector<Voter> voters;

  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("version", m.version);
    w("voters", m.voters);
  }

  bool operator==(const VotersRecord&) const = default;
};

using ControlRecord = std::variant<LeaderChangeMessage, SnapshotHeaderRecord, SnapshotFooterRecord,
                                   KRaftVersionRecord, VotersRecord>;

// The record of a control batch; strings borrow. Errors: unsupported_version for a type or version
// that has no place in a metadata log, corrupt_data.
Result<ControlRecord> parse_control_record(const protocol::RecordView& record);

std::string control_record_key(ControlRecordType type);

// Key and value. `version` is that of the body.
struct EncodedControlRecord {
  std::string key;
  std::string value;
};
Result<EncodedControlRecord> encode_control_record(const ControlRecord& record,
                                                   std::int16_t version);

}  // namespace ottla::broker
