#include "base/file.h"

namespace ottla::base {

Result<std::string> Directory::read_file(std::string_view name, std::size_t limit) {
  auto file = open(name, OpenMode::read);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  if (*size > limit) {
    return Error(ErrorCode::corrupt_data,
                 "the file has " + std::to_string(*size) + " bytes; at most " +
                     std::to_string(limit) + " are read",
                 {.file = (*file)->path()});
  }
  std::string contents(static_cast<std::size_t>(*size), '\0');
  auto read = (*file)->read_at(0, contents);
  if (!read) return read.error();
  contents.resize(*read);
  return contents;
}

Result<void> Directory::replace_file(std::string_view name, BytesView contents) {
  const std::string temporary = std::string(name) + ".tmp";
  auto file = open(temporary, OpenMode::create_truncate);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, contents); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = rename(temporary, name); !renamed) return renamed;
  return sync();
}

}  // namespace ottla::base
