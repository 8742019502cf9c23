#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/file.h"
#include "ottla/result.h"

namespace ottla::tools {

// A file of a data directory that a tool was told to read.
struct DataFile {
  std::shared_ptr<base::Directory> directory;
  std::string name;
  std::string path;  // as it was given

  // Errors: not_found, io_error.
  Result<std::shared_ptr<base::File>> open() const;
  Result<std::string> read() const;
  // The file beside it whose name has this suffix instead of its own.
  std::string sibling(std::string_view suffix) const;
};

// Errors: not_found (naming it), invalid_argument if it is no file. Nothing is ever made.
Result<DataFile> find_data_file(const std::string& path);

// An index may take what segment.index.bytes says, which is far below this.
inline constexpr std::size_t kLargestFileRead = std::size_t{1} << 30;

}  // namespace ottla::tools
