using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace PoUW.Compute.Data.Sources;

/// <summary>
/// Downloads files and keeps only those whose SHA-256 is right. A file is written beside its place, as "NAME.part", and moved there when
/// it is complete and checked, so a file that is there is a good one. What an interrupted download left is continued. Thread-safe for
/// different files; a second download of the same file into the same folder at the same time is refused.
/// </summary>
/// <param name="http">The client; its time-outs and proxies apply. It must not unpack content by itself.</param>
public sealed class DatasetDownload(HttpClient http)
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Gives the path of a file in a folder and downloads it first if it is not there or is not the right one.</summary>
    /// <exception cref="DownloadException">The server has no such file, sends something else, or the transfer broke off.</exception>
    /// <exception cref="IOException">The folder cannot be written, or somebody else downloads the file right now.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled; what came is kept for the next time.</exception>
    public async Task<string> GetAsync(DownloadFile file, string folder, CancellationToken cancellation)
    {
        if (Path.GetFileName(file.Name) != file.Name || file.Name is "" or "." or "..")
        {
            throw new ArgumentException($"'{file.Name}' is no name of a file.", nameof(file));
        }

        string path = Path.Combine(folder, file.Name);
        if (File.Exists(path) && await IsRightAsync(file, path, cancellation))
        {
            return path;
        }

        Directory.CreateDirectory(folder);
        string partial = path + ".part";
        bool resumed = await TransferAsync(file, partial, cancellation);
        if (resumed && !await IsRightAsync(file, partial, cancellation))
        {
            // What was left may be of another file or version; only a transfer from the start can tell.
            File.Delete(partial);
            await TransferAsync(file, partial, cancellation);
        }

        if (!await IsRightAsync(file, partial, cancellation))
        {
            string found = await HashAsync(file, partial, cancellation) ?? "none, since it is no gzip file within the limit";
            File.Delete(partial);
            throw new DownloadException(
                $"{file.Address}: the SHA-256 is {found}; expected is {file.Sha256.ToLowerInvariant()}. Nothing was kept.");
        }

        File.Move(partial, path, overwrite: true);
        return path;
    }

    /// <summary>Fetches the rest of a partial file, or all of it; true if it was a rest.</summary>
    private async Task<bool> TransferAsync(DownloadFile file, string partial, CancellationToken cancellation)
    {
        // Nobody else may write the file meanwhile.
        await using FileStream target = new(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (target.Length > file.MaxBytes)
        {
            target.SetLength(0);
        }

        try
        {
            using HttpResponseMessage response = await RequestAsync(file, target, cancellation);
            bool resumed = response.StatusCode == HttpStatusCode.PartialContent;
            if (!resumed)
            {
                target.SetLength(0);
            }

            target.Position = target.Length;
            await CopyAsync(file, response, target, cancellation);
            return resumed;
        }
        catch (HttpRequestException e)
        {
            throw new DownloadException($"{file.Address}: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new DownloadException($"{file.Address}: the server took longer than the client waits.");
        }
    }

    private async Task<HttpResponseMessage> RequestAsync(DownloadFile file, FileStream target, CancellationToken cancellation)
    {
        HttpResponseMessage response = await SendAsync(file, target.Length, cancellation);
        bool fits = response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From == target.Length;
        if (target.Length > 0 && (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || !fits))
        {
            response.Dispose();
            target.SetLength(0);
            response = await SendAsync(file, 0, cancellation);
        }

        if (response.StatusCode is HttpStatusCode.OK || (response.StatusCode is HttpStatusCode.PartialContent && target.Length > 0))
        {
            return response;
        }

        using (response)
        {
            throw new DownloadException($"{file.Address}: the server answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(DownloadFile file, long from, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, file.Address);
        request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task CopyAsync(DownloadFile file, HttpResponseMessage response, FileStream target, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength is { } announced && announced > file.MaxBytes - target.Length)
        {
            throw TooLarge(file, target);
        }

        await using Stream source = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[BufferBytes];
        int read;
        while ((read = await ReadAsync(file, source, buffer, target.Length, cancellation)) > 0)
        {
            if (read > file.MaxBytes - target.Length)
            {
                throw TooLarge(file, target);
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }

        await target.FlushAsync(cancellation);
    }

    private static async Task<int> ReadAsync(DownloadFile file, Stream source, byte[] buffer, long done, CancellationToken cancellation)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellation);
        }
        catch (IOException e)
        {
            throw new DownloadException($"{file.Address}: the transfer broke off after {done} bytes, which are kept: {e.Message}");
        }
    }

    private static DownloadException TooLarge(DownloadFile file, FileStream target)
    {
        target.SetLength(0);
        return new DownloadException($"{file.Address}: the file is larger than the limit of {file.MaxBytes} bytes.");
    }

    private static async Task<bool> IsRightAsync(DownloadFile file, string path, CancellationToken cancellation) =>
        string.Equals(await HashAsync(file, path, cancellation), file.Sha256, StringComparison.OrdinalIgnoreCase);

    /// <summary>The hash that <see cref="DownloadFile.Sha256"/> means; null if there is none.</summary>
    private static async Task<string?> HashAsync(DownloadFile file, string path, CancellationToken cancellation)
    {
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, useAsync: true);
        if (!file.HashesUnpacked)
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
        }

        await using GZipStream unpacked = new(stream, CompressionMode.Decompress);
        BoundedStream bounded = new(unpacked, file.MaxBytes);
        try
        {
            string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(bounded, cancellation));
            return bounded.IsExceeded ? null : hash;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
