#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
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
};

// By the file's id.
using Positions = std::map<std::string, Position, std::less<>>;

class FollowedFile {
 public:
  static constexpr std::size_t kHead = 256;
  static constexpr std::size_t kChunk = 1 << 20;  // the most that is read at once

  FollowedFile(std::string path, int descriptor, std::string id)
      : path_(std::move(path)), descriptor_(descriptor), id_(std::move(id)) {}
  FollowedFile(FollowedFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        id_(std::move(other.id_)),
        position_(other.position_),
        read_to_(other.read_to_),
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

  // The lines that have come; of a file to which nothing more will be added (`last`), what stands
  // behind its last line, too. A line longer than a chunk comes in pieces.
  std::vector<std::string> read(bool last) {
    begin_again_if_other();
    std::string bytes(kChunk, '\0');
    const auto got = ::pread(descriptor_, bytes.data(), bytes.size(), read_to_);
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (auto end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', begin)) {
      lines.push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    const bool piece = begin == 0 && bytes.size() == kChunk;
    if ((last || piece) && begin < bytes.size()) {
      lines.push_back(bytes.substr(begin));
      begin = bytes.size();
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
  void on_stored() {
    position_ = reached();
    quiet_ = 0;
  }
  // How often reading has brought nothing since something came.
  void on_quiet() { ++quiet_; }
  int quiet() const { return quiet_; }
  // What was read since then will be read again.
  void on_lost() { read_to_ = position_.offset; }

 private:
  void begin_again_if_other() {
    struct stat status {};
    const bool shorter = ::fstat(descriptor_, &status) == 0 && status.st_size < read_to_;
    if (shorter || hash_of_head(position_.head_size) != position_.head_hash) {
      position_ = {.offset = 0, .head_size = 0, .head_hash = hash_of_head(0)};
      read_to_ = 0;
    }
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
  int quiet_ = 0;
};

// The files that `path` was renamed to (path.1, path-2026-12-01 ...), the oldest first.
inline std::vector<std::string> rotated_from(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  const auto folder = fs::path(path).parent_path();
  const auto name = fs::path(path).filename().string();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    const auto other = entry.path().filename().string();
    const bool longer = other.size() > name.size() && other.starts_with(name) &&
                        (other[name.size()] == '.' || other[name.size()] == '-');
    if (!longer || other.ends_with(".gz") || !look(entry.path().string())) continue;
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
