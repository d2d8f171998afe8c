using Microsoft.Data.Sqlite;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Storage;

public sealed class SqliteKeyValueStoreTests : KeyValueStoreConformance
{
    private readonly Stack<TemporaryFolder> _folders = new();

    public override void Close()
    {
        base.Close();
        while (_folders.TryPop(out TemporaryFolder? folder))
        {
            folder.Dispose();
        }
    }

    protected override IKeyValueStore Create() => new SqliteKeyValueStore(NewFile());

    [Test]
    public void What_was_applied_survives_closing()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        using SqliteKeyValueStore reopened = new(file);
        Assert.That(reopened.Get([1]), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public void A_second_opening_is_refused_while_the_first_is_open()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            Assert.That(
                () => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("in use by another process"));
        }

        using SqliteKeyValueStore afterwards = new(file);
        Assert.That(afterwards.Get([1]), Is.Null);
    }

    [Test]
    public void A_newer_schema_is_refused()
    {
        string file = NewFile();
        new SqliteKeyValueStore(file).Dispose();
        using (SqliteConnection connection = new($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE meta SET value = 3 WHERE name = 'schema'";
            command.ExecuteNonQuery();
        }

        Assert.That(() => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("schema 3"));
    }

    [Test]
    public void A_file_that_is_no_database_is_refused()
    {
        string file = NewFile();
        File.WriteAllText(file, new string('x', 8192));

        Assert.That(() => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("not a database"));
    }

    [Test]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        string blocked = NewFile();
        File.WriteAllText(blocked, "a file where a folder should be");

        Assert.That(() => new SqliteKeyValueStore(Path.Combine(blocked, "chain.db")), Throws.InstanceOf<SqliteStoreException>());
    }

    [Test]
    public void A_path_that_is_a_folder_is_refused()
    {
        string folder = NewFile();
        Directory.CreateDirectory(folder);

        Assert.That(() => new SqliteKeyValueStore(folder), Throws.InstanceOf<SqliteStoreException>());
    }

    private string NewFile()
    {
        TemporaryFolder folder = new();
        _folders.Push(folder);
        return folder.File("store.db");
    }
}
