#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One file that is followed, whatever it is called meanwhile.
namespace log_collector {

// A file keeps its number when it is renamed.
inline std::string id_of(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

inline std::optional<struct stat> look(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status;
}

// How far a file has been read. The beginning of the file tells it from a later one that was given
// the same number, and from itself after it was emptied and filled again.
struct Position {
  std::int64_t offset = 0;
  std::size_t head_size = 0;
  std::uint64_t head_hash = 0;

  std::string to_text() const {
    return std::to_string(offset) + ' ' + std::to_string(head_size) + ' ' +
           std::to_string(head_hash);
  }
  static Position parse(std::string_view text) {
    Position position;
    std::istringstream in{std::string(text)};
    in >> position.offset >> position.head_size >> position.head_hash;
    return in ? position : Position();
  }
  bool operator==(const Position&) const = default;
};

// By the file's id.
using Positions = std::map<std::string, Position, std::less<>>;

class FollowedFile {
 public:
  static constexpr std::size_t kHead = 256;
  static constexpr std::size_t kChunk = 1 << 20;  // the most that is read at once
  static constexpr std::size_t kLongestLine = 256 << 10;
  // Between two looks: the rest of a longer time was spent elsewhere, such as in sending.
  static constexpr std::chrono::seconds kLongestPause{1};
  using Time = std::chrono::steady_clock::time_point;

  FollowedFile(std::string path, int descriptor, std::string id)
      : path_(std::move(path)), descriptor_(descriptor), id_(std::move(id)) {}
  FollowedFile(FollowedFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        id_(std::move(other.id_)),
        position_(other.position_),
        read_to_(other.read_to_),
        end_(other.end_),
        looked_at_(other.looked_at_),
        quiet_(other.quiet_) {}
  FollowedFile& operator=(FollowedFile&&) = delete;
  ~FollowedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // From where `known` says, if it is of this file. None if there is no such file.
  static std::optional<FollowedFile> open(const std::string& path, const Positions& known) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0) return std::nullopt;
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      return std::nullopt;
    }
    FollowedFile file(path, descriptor, id_of(status));
    if (const auto at = known.find(file.id_); at != known.end()) file.position_ = at->second;
    file.read_to_ = file.position_.offset;
    file.begin_again_if_other();
    return file;
  }

  const std::string& path() const { return path_; }
  const std::string& id() const { return id_; }

  // The lines that have come; of a file to which nothing more will be added (`finished`), what
  // stands behind its last line, too. A line longer than kLongestLine comes in pieces, as long as
  // that but for the last. Throws if the file cannot be read. `current`: it has its name still.
  std::vector<std::string> read(bool finished, bool current, Time now) {
    begin_again_if_other();
    const auto bytes = read_chunk();
    count_quiet(current, now, read_to_ + static_cast<std::int64_t>(bytes.size()));
    const bool at_end = bytes.size() < kChunk;
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < bytes.size()) {
      const auto newline = bytes.find('\n', begin);
      const auto size = std::min(newline, bytes.size()) - begin;
      if (size > kLongestLine) {
        lines.push_back(bytes.substr(begin, kLongestLine));
        begin += kLongestLine;
        continue;
      }
      const bool whole = newline != std::string::npos;
      if (!whole && !(finished && at_end)) break;
      lines.push_back(bytes.substr(begin, size));
      begin += whole ? size + 1 : size;
    }
    read_to_ += static_cast<std::int64_t>(begin);
    return lines;
  }

  // Where reading has got to, to be stored with what was read.
  Position reached() const {
    Position position{.offset = read_to_};
    position.head_size = std::min<std::size_t>(kHead, static_cast<std::size_t>(read_to_));
    position.head_hash = hash_of_head(position.head_size);
    return position;
  }
  // `position` was stored, with all that was read up to there.
  void on_stored(const Position& position) { position_ = position; }
  // How long nothing has come since it was renamed, as far as that was looked for.
  std::chrono::steady_clock::duration quiet() const { return quiet_; }
  // What was read since then will be read again.
  void on_lost() {
    read_to_ = position_.offset;
    quiet_ = {};
  }

 private:
  void count_quiet(bool current, Time now, std::int64_t end) {
    const bool nothing_new = !current && end == end_;
    if (nothing_new) {
      quiet_ += std::min<std::chrono::steady_clock::duration>(now - looked_at_, kLongestPause);
    } else {
      quiet_ = {};
    }
    end_ = end;
    looked_at_ = now;
  }

  void begin_again_if_other() {
    struct stat status {};
    const bool shorter = ::fstat(descriptor_, &status) == 0 && status.st_size < read_to_;
    if (shorter || hash_of_head(position_.head_size) != position_.head_hash) {
      position_ = {.offset = 0, .head_size = 0, .head_hash = hash_of_head(0)};
      read_to_ = 0;
    }
  }

  // Less than a chunk only at the end of the file.
  std::string read_chunk() const {
    std::string bytes(kChunk, '\0');
    std::size_t size = 0;
    while (size < kChunk) {
      const auto got = ::pread(descriptor_, bytes.data() + size, kChunk - size,
                               read_to_ + static_cast<std::int64_t>(size));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::runtime_error("cannot read " + path_ + ": " + std::strerror(errno));
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
  }

  // FNV-1a.
  std::uint64_t hash_of_head(std::size_t size) const {
    if (size == 0) return 0;
    std::string head(std::min(size, kHead), '\0');
    const auto got = ::pread(descriptor_, head.data(), head.size(), 0);
    std::uint64_t hash = 14695981039346656037ULL;
    for (ssize_t i = 0; i < got; ++i) {
      hash =
          (hash ^ static_cast<unsigned char>(head[static_cast<std::size_t>(i)])) * 1099511628211ULL;
    }
    return hash;
  }

  std::string path_;
  int descriptor_;
  std::string id_;
  Position position_;         // that is stored
  std::int64_t read_to_ = 0;  // at or beyond it
  std::int64_t end_ = 0;      // that was seen last
  Time looked_at_;
  std::chrono::steady_clock::duration quiet_{};
};

// Whether a file called `name` is called `other` when it was renamed: app.log.1, app.log-20261201.
// What was compressed is no longer that file.
inline bool is_rotation(std::string_view name, std::string_view other) {
  if (!other.starts_with(name)) return false;
  const auto rest = other.substr(name.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != '-') || !is_digit(rest[1])) return false;
  constexpr std::string_view compressed[] = {".gz",  ".bz2",  ".xz", ".zst",
                                             ".lz4", ".lzma", ".Z",  ".zip"};
  return std::none_of(std::begin(compressed), std::end(compressed),
                      [rest](std::string_view ending) { return rest.ends_with(ending); });
}

// The files that `path` was renamed to, the oldest first; none of `inputs`, which are followed by
// names of their own.
inline std::vector<std::string> rotated_from(const std::string& path,
                                             const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  const auto folder = fs::path(path).parent_path();
  const auto name = fs::path(path).filename().string();
  std::set<std::string> ids;
  for (const auto& input : inputs) {
    if (const auto status = look(input)) ids.insert(id_of(*status));
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    if (!is_rotation(name, entry.path().filename().string())) continue;
    const auto status = look(entry.path().string());
    if (!status || ids.contains(id_of(*status))) continue;
    found.emplace_back(entry.last_write_time(ignored), entry.path().string());
  }
  // Of two that are as old as each other path.2 is older than path.1.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return std::pair(a.second.size(), a.second) > std::pair(b.second.size(), b.second);
  });
  std::vector<std::string> paths;
  for (auto& [time, each] : found) paths.push_back(std::move(each));
  return paths;
}

}  // namespace log_collector
