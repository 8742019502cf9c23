#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeLogDirs (key 35): which partition is in which log directory of a broker, and how large it
// is (KIP-113). v2 flexible; v3 an error of the whole answer; v4 the space on the disk (KIP-827);
// v5 whether the directory takes no new partitions (KIP-1066)
namespace ottla::protocol {

struct DescribeLogDirsResponse {
  static constexpr Api api = *find_api(ApiKey::describe_log_dirs);
  static constexpr Side side = Side::response;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t partition_size = 0;  // bytes of its segments
    std::int64_t offset_lag = 0;      // of its log end behind its high watermark
    bool is_future_key = false;       // it is on its way into this directory

    bool operator==(const Partition&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("partitionIndex", m.partition_index);
      w("partitionSize", m.partition_size);
      w("offsetLag", m.offset_lag);
      w("isFutureKey", m.is_future_key);
    }
  };
  struct Topic {
    std::string_view name;
    std::vector<Partition> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("name", m.name);
      w("partitions", m.partitions);
    }
  };
  struct LogDir {
    ErrorCode error_code = ErrorCode::none;  // kafka_storage_error: it is offline
    std::string_view log_dir;                // an absolute path
    std::vector<Topic> topics;
    std::int64_t total_bytes = -1;  // of the file system; -1: not known
    std::int64_t usable_bytes = -1;
    bool is_cordoned = false;

    bool operator==(const LogDir&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("logDir", m.log_dir);
      w("topics", m.topics);
      w.since(4)("totalBytes", m.total_bytes);
      w.since(4)("usableBytes", m.usable_bytes);
      w.since(5)("isCordoned", m.is_cordoned);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<LogDir> results;

  bool operator==(const DescribeLogDirsResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w.since(3)("errorCode", m.error_code);
    w("results", m.results);
  }
};

struct DescribeLogDirsRequest {
  static constexpr Api api = *find_api(ApiKey::describe_log_dirs);
  static constexpr Side side = Side::request;
  using Response = DescribeLogDirsResponse;

  struct Topic {
    std::string_view topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const Topic&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topic", m.topic);
      w("partitions", m.partitions);
    }
  };

  std::optional<std::vector<Topic>> topics;  // null: all there are

  bool operator==(const DescribeLogDirsRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("topics", m.topics);
  }
};

extern template struct Codec<DescribeLogDirsRequest>;
extern template struct Codec<DescribeLogDirsResponse>;

}  // namespace ottla::protocol
