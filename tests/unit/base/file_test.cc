#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace ottla::base {
namespace {

// A directory of its own for each test, gone at the end.
class PosixPlace {
 public:
  PosixPlace() {
    std::string pattern = std::filesystem::temp_directory_path() / "ottla-file-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
    root_ = std::move(open_posix_directory(path_).value());
  }
  ~PosixPlace() {
    root_.reset();
    std::filesystem::remove_all(path_);
  }
  Directory& root() { return *root_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<Directory> root_;
};

class MemoryPlace {
 public:
  Directory& root() { return *root_; }

 private:
  std::unique_ptr<Directory> root_ = make_memory_directory();
};

std::string contents(const File& file) {
  std::string bytes(static_cast<std::size_t>(file.size().value()), '\0');
  EXPECT_EQ(file.read_at(0, bytes).value(), bytes.size());
  return bytes;
}

std::vector<std::string> names(const Directory& directory) {
  std::vector<std::string> all;
  const auto entries = directory.list().value();
  for (const auto& entry : entries) {
    all.push_back(entry.name + (entry.is_directory ? "/" : ""));
  }
  return all;
}

template <class Place>
class FileTest : public testing::Test {
 protected:
  Directory& root() { return place_.root(); }
  std::shared_ptr<File> make(std::string_view name, BytesView bytes = {}) {
    auto file = root().open(name, OpenMode::create_new).value();
    file->write_at(0, bytes).value();
    return file;
  }
  template <class T>
  ErrorCode code_of(const Result<T>& result) {
    return result ? ErrorCode::none : result.error().code();
  }

 private:
  Place place_;
};

struct PlaceNames {
  template <class Place>
  static std::string GetName(int) {
    return std::is_same_v<Place, PosixPlace> ? "posix" : "memory";
  }
};
using Places = testing::Types<PosixPlace, MemoryPlace>;
TYPED_TEST_SUITE(FileTest, Places, PlaceNames);

TYPED_TEST(FileTest, reads_back_what_was_written_in_many_parts) {
  auto file = this->make("log");
  std::vector<std::string> parts;
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    parts.push_back(i % 3 == 0 ? "" : std::string(static_cast<std::size_t>(i % 50), 'a') + "|");
    all += parts.back();
  }
  const std::vector<BytesView> views(parts.begin(), parts.end());
  ASSERT_TRUE(file->write_at(5, views));
  EXPECT_EQ(contents(*file), std::string(5, '\0') + all);
}

TYPED_TEST(FileTest, an_empty_write_changes_nothing) {
  auto file = this->make("log", "abc");
  EXPECT_TRUE(file->write_at(100, BytesView()));
  EXPECT_TRUE(file->write_at(100, std::span<const BytesView>()));
  EXPECT_EQ(file->size().value(), 3u);
  EXPECT_EQ(file->read_at(0, {}).value(), 0u);
}

TYPED_TEST(FileTest, a_read_is_short_only_at_the_end) {
  auto file = this->make("log", std::string(100'000, 'x'));
  std::string into(70'000, '\0');
  EXPECT_EQ(file->read_at(0, into).value(), 70'000u);
  EXPECT_EQ(file->read_at(60'000, into).value(), 40'000u);
  EXPECT_EQ(file->read_at(100'000, into).value(), 0u);
  EXPECT_EQ(file->read_at(200'000, into).value(), 0u);
}

TYPED_TEST(FileTest, trying_to_read_what_was_just_written_does_not_block) {
  auto file = this->make("log", std::string(100'000, 'x'));
  std::string into(70'000, '\0');
  EXPECT_EQ(file->try_read_at(60'000, into).value(), 40'000u);
  EXPECT_EQ(into.substr(0, 40'000), std::string(40'000, 'x'));
  EXPECT_EQ(file->try_read_at(100'000, into).value(), 0u);
}

TYPED_TEST(FileTest, what_was_cut_off_is_zero_when_the_file_grows_again) {
  auto file = this->make("log", std::string(40'000, 'x'));
  ASSERT_TRUE(file->truncate(10));
  EXPECT_EQ(file->size().value(), 10u);
  ASSERT_TRUE(file->write_at(20'000, "end"));
  EXPECT_EQ(contents(*file), std::string(10, 'x') + std::string(19'990, '\0') + "end");
  ASSERT_TRUE(file->truncate(50'000));
  EXPECT_EQ(contents(*file).substr(20'003), std::string(29'997, '\0'));
}

TYPED_TEST(FileTest, syncs) {
  auto file = this->make("log", "abc");
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(this->root().sync());
  EXPECT_TRUE(this->root().sync_file_system());
}

TYPED_TEST(FileTest, the_modes_of_opening_differ_as_they_say) {
  auto& root = this->root();
  EXPECT_EQ(this->code_of(root.open("a", OpenMode::read)), ErrorCode::not_found);
  EXPECT_EQ(this->code_of(root.open("a", OpenMode::read_write)), ErrorCode::not_found);
  this->make("a", "abc");
  EXPECT_EQ(this->code_of(root.open("a", OpenMode::create_new)), ErrorCode::already_in_use);
  EXPECT_EQ(contents(*root.open("a", OpenMode::create).value()), "abc");
  auto reader = root.open("a", OpenMode::read).value();
  EXPECT_EQ(this->code_of(reader->write_at(0, "x")), ErrorCode::io_error);
  EXPECT_FALSE(reader->truncate(0));
  EXPECT_EQ(contents(*reader), "abc");
  EXPECT_EQ(root.open("a", OpenMode::create_truncate).value()->size().value(), 0u);
  EXPECT_EQ(reader->size().value(), 0u);
}

TYPED_TEST(FileTest, an_error_names_the_file) {
  const auto missing = this->root().open("no-such", OpenMode::read);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().context().file, this->root().path() + "/no-such");
  EXPECT_FALSE(missing.error().message().empty());
}

TYPED_TEST(FileTest, names_that_leave_the_directory_are_refused) {
  auto& root = this->root();
  for (const auto& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                           std::string("/etc"), std::string("a\0b", 3)}) {
    EXPECT_EQ(this->code_of(root.open(name, OpenMode::create)), ErrorCode::invalid_argument);
    EXPECT_EQ(this->code_of(root.create_directory(name)), ErrorCode::invalid_argument);
    EXPECT_EQ(this->code_of(root.open_directory(name)), ErrorCode::invalid_argument);
    EXPECT_EQ(this->code_of(root.remove(name)), ErrorCode::invalid_argument);
    EXPECT_EQ(this->code_of(root.rename(name, "b")), ErrorCode::invalid_argument);
    EXPECT_EQ(this->code_of(root.lock(name)), ErrorCode::invalid_argument);
    EXPECT_FALSE(root.exists(name));
  }
  EXPECT_TRUE(names(root).empty());
}

TYPED_TEST(FileTest, lists_entries_by_name) {
  this->make("b");
  this->make("a");
  this->root().create_directory("c").value();
  EXPECT_EQ(names(this->root()), (std::vector<std::string>{"a", "b", "c/"}));
  EXPECT_TRUE(this->root().exists("c"));
  EXPECT_FALSE(this->root().exists("d"));
}

TYPED_TEST(FileTest, directories_are_opened_if_there_and_made_if_asked) {
  auto& root = this->root();
  EXPECT_EQ(this->code_of(root.open_directory("t-0")), ErrorCode::not_found);
  auto made = root.create_directory("t-0").value();
  made->open("0.log", OpenMode::create).value()->write_at(0, "x").value();
  EXPECT_EQ(made->path(), root.path() + "/t-0");
  EXPECT_EQ(names(*root.create_directory("t-0").value()), std::vector<std::string>{"0.log"});
  EXPECT_EQ(names(*root.open_directory("t-0").value()), std::vector<std::string>{"0.log"});
  EXPECT_FALSE(root.open("t-0", OpenMode::read));
  EXPECT_FALSE(root.open("t-0", OpenMode::create));
  this->make("file");
  EXPECT_EQ(this->code_of(root.open_directory("file")), ErrorCode::io_error);
  EXPECT_EQ(this->code_of(root.create_directory("file")), ErrorCode::io_error);
}

TYPED_TEST(FileTest, renaming_replaces_a_file_and_keeps_open_ones) {
  auto kept = this->make("from", "new");
  auto replaced = this->make("to", "old");
  ASSERT_TRUE(this->root().rename("from", "to"));
  EXPECT_EQ(names(this->root()), std::vector<std::string>{"to"});
  EXPECT_EQ(contents(*this->root().open("to", OpenMode::read).value()), "new");
  EXPECT_EQ(contents(*replaced), "old");
  kept->write_at(3, "er").value();
  EXPECT_EQ(contents(*this->root().open("to", OpenMode::read).value()), "newer");
  EXPECT_EQ(this->code_of(this->root().rename("from", "x")), ErrorCode::not_found);
  EXPECT_TRUE(this->root().rename("to", "to"));
  EXPECT_TRUE(this->root().exists("to"));
}

TYPED_TEST(FileTest, renaming_never_replaces_a_directory) {
  this->root().create_directory("a").value();
  this->root().create_directory("b").value();
  this->make("file");
  EXPECT_EQ(this->code_of(this->root().rename("a", "b")), ErrorCode::already_in_use);
  EXPECT_EQ(this->code_of(this->root().rename("file", "b")), ErrorCode::already_in_use);
  EXPECT_FALSE(this->root().rename("a", "file"));
  EXPECT_EQ(names(this->root()), (std::vector<std::string>{"a/", "b/", "file"}));
}

TYPED_TEST(FileTest, a_renamed_directory_keeps_its_handles) {
  auto directory = this->root().create_directory("t-0").value();
  auto file = directory->open("0.log", OpenMode::create).value();
  ASSERT_TRUE(this->root().rename("t-0", "t-0.deleted"));
  EXPECT_TRUE(file->write_at(0, "abc"));
  EXPECT_TRUE(directory->open("1.log", OpenMode::create));
  auto renamed = this->root().open_directory("t-0.deleted").value();
  EXPECT_EQ(names(*renamed), (std::vector<std::string>{"0.log", "1.log"}));
  EXPECT_TRUE(directory->remove("0.log"));
  EXPECT_EQ(names(*renamed), std::vector<std::string>{"1.log"});
}

TYPED_TEST(FileTest, removes_files_and_empty_directories_only) {
  auto file = this->make("a", "abc");
  auto directory = this->root().create_directory("d").value();
  directory->open("x", OpenMode::create).value();
  EXPECT_EQ(this->code_of(this->root().remove("d")), ErrorCode::io_error);
  EXPECT_TRUE(directory->remove("x"));
  EXPECT_TRUE(this->root().remove("d"));
  EXPECT_TRUE(this->root().remove("a"));
  EXPECT_EQ(this->code_of(this->root().remove("a")), ErrorCode::not_found);
  EXPECT_TRUE(names(this->root()).empty());
  EXPECT_EQ(contents(*file), "abc");
  EXPECT_EQ(this->code_of(directory->open("x", OpenMode::create)), ErrorCode::not_found);
  EXPECT_EQ(this->code_of(directory->create_directory("x")), ErrorCode::not_found);
}

TYPED_TEST(FileTest, the_second_holder_of_a_lock_is_refused_until_the_first_is_gone) {
  auto held = this->root().lock(".lock").value();
  const auto second = this->root().lock(".lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
  EXPECT_EQ(second.error().context().file, this->root().path() + "/.lock");
  EXPECT_TRUE(this->root().lock(".other"));
  held.reset();
  EXPECT_TRUE(this->root().lock(".lock"));
}

TYPED_TEST(FileTest, a_replaced_file_is_whole) {
  ASSERT_TRUE(this->root().replace_file("meta", "one"));
  ASSERT_TRUE(this->root().replace_file("meta", "two"));
  EXPECT_EQ(this->root().read_file("meta").value(), "two");
  EXPECT_EQ(names(this->root()), std::vector<std::string>{"meta"});
  EXPECT_EQ(this->code_of(this->root().read_file("meta", 2)), ErrorCode::corrupt_data);
}

TYPED_TEST(FileTest, readers_on_other_threads_see_whole_writes_to_their_part) {
  auto file = this->make("log", std::string(8 * 1000, 'a'));
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      for (std::uint64_t i = 0; i < 1000; ++i) {
        std::string record(8, '\0');
        EXPECT_EQ(file->read_at(i * 8, record).value(), 8u);
        EXPECT_TRUE(record == "aaaaaaaa" || record == "bbbbbbbb") << record;
      }
    });
  }
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(file->write_at(i * 8, "bbbbbbbb"));
  for (auto& reader : readers) reader.join();
}

TEST(MemoryDirectory, is_a_file_system_of_its_own) {
  auto one = make_memory_directory();
  auto other = make_memory_directory();
  one->open("a", OpenMode::create).value();
  EXPECT_FALSE(other->exists("a"));
}

TEST(MemoryDirectory, a_file_outlives_its_directory_handles) {
  auto root = make_memory_directory();
  auto file = root->open("a", OpenMode::create).value();
  root.reset();
  EXPECT_TRUE(file->write_at(0, "abc"));
  EXPECT_EQ(contents(*file), "abc");
}

TEST(MemoryDirectory, a_position_beyond_reason_is_a_full_disk) {
  auto root = make_memory_directory();
  auto file = root->open("a", OpenMode::create).value();
  const auto written = file->write_at(std::uint64_t{1} << 62, "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::no_space);
  EXPECT_EQ(file->size().value(), 0u);
}

TEST(PosixDirectory, is_made_with_its_parents) {
  PosixPlace place;
  auto deep = open_posix_directory(place.path() + "//x/y/z/").value();
  EXPECT_TRUE(std::filesystem::is_directory(place.path() + "/x/y/z"));
  EXPECT_EQ(deep->path(), place.path() + "//x/y/z");
  EXPECT_TRUE(open_posix_directory(place.path() + "/x"));
}

TEST(PosixDirectory, a_path_through_a_file_is_refused_by_name) {
  PosixPlace place;
  place.root().open("file", OpenMode::create).value();
  const auto bad = open_posix_directory(place.path() + "/file/x");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::io_error);
  EXPECT_EQ(bad.error().context().file, place.path() + "/file/x");
  EXPECT_FALSE(open_posix_directory(""));
}

TEST(PosixDirectory, an_error_in_a_renamed_directory_names_where_it_is_now) {
  PosixPlace place;
  auto directory = place.root().create_directory("before").value();
  place.root().rename("before", "after").value();
  const auto missing = directory->open("x", OpenMode::read);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().context().file, place.path() + "/after/x");
}

TEST(PosixDirectory, a_full_disk_is_told_from_a_broken_one) {
  auto devices = open_posix_directory("/dev").value();
  auto full = devices->open("full", OpenMode::read_write).value();
  const auto written = full->write_at(0, "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::no_space);
  EXPECT_EQ(written.error().context().file, "/dev/full");
}

TEST(PosixDirectory, a_want_of_file_descriptors_passes_as_one_of_space_does) {
  PosixPlace place;
  place.root().open("there", OpenMode::create).value();
  // A sanitizer that meets a type for the first time opens a pipe to look at the object, and takes
  // it for broken when it cannot: this failure shows it every type that the next one makes.
  EXPECT_EQ(place.root().open("missing", OpenMode::read).error().code(), ErrorCode::not_found);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = place.root().open("there", OpenMode::read);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::no_space);
  EXPECT_TRUE(place.root().open("there", OpenMode::read));
}

TEST(PosixDirectory, sync_on_what_cannot_be_synced_is_an_io_error) {
  auto devices = open_posix_directory("/dev").value();
  const auto synced = devices->open("null", OpenMode::read_write).value()->sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code(), ErrorCode::io_error);
}

// Whether dropped pages are really gone is the file system's choice (in memory ones keep them).
TEST(PosixDirectory, trying_to_read_what_is_only_on_disk_gives_all_or_would_block) {
  PosixPlace place;
  const std::string bytes(1 << 20, 'x');
  auto file = place.root().open("cold", OpenMode::create).value();
  file->write_at(0, bytes).value();
  file->sync().value();
  ASSERT_EQ(::posix_fadvise(file->descriptor(), 0, 0, POSIX_FADV_DONTNEED), 0);
  std::string into(bytes.size(), '\0');
  const auto tried = file->try_read_at(0, into);
  if (tried) {
    EXPECT_EQ(*tried, bytes.size());
    EXPECT_EQ(into, bytes);
  } else {
    EXPECT_EQ(tried.error().code(), ErrorCode::would_block);
  }
  EXPECT_EQ(file->read_at(0, into).value(), bytes.size());
  EXPECT_EQ(into, bytes);
}

// Runs `child` in a forked process and returns its answer.
template <class F>
int answer_of_child(F child) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(child());
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

TEST(PosixDirectory, a_lock_held_by_another_process_is_refused) {
  PosixPlace place;
  const auto try_lock = [&] {
    const auto tried = place.root().lock(".lock");
    return tried ? 0 : tried.error().code() == ErrorCode::already_in_use ? 1 : 2;
  };
  auto held = place.root().lock(".lock").value();
  EXPECT_EQ(answer_of_child(try_lock), 1);
  held.reset();
  EXPECT_EQ(answer_of_child(try_lock), 0);
  EXPECT_EQ(try_lock(), 0);
}

// Java's FileChannel.lock takes a record lock of the process.
TEST(PosixDirectory, a_lock_conflicts_with_the_record_locks_of_other_processes) {
  PosixPlace place;
  auto held = place.root().lock(".lock").value();
  const std::string path = place.path() + "/.lock";
  EXPECT_EQ(answer_of_child([&] {
              const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
              struct flock whole {};
              whole.l_type = F_WRLCK;
              return ::fcntl(fd, F_SETLK, &whole) == -1 ? 1 : 0;
            }),
            1);
}

}  // namespace
}  // namespace ottla::base
